/** The rule against acting on sentences (sentences.grit, part of `npm run lint`) notices one that is put back. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { files, ROOT, read } from "./files.ts";

const BIOME = join(ROOT, "node_modules/@biomejs/biome/bin/biome");

const PUT_BACK: Record<string, string> = {
  "how a refusal begins": 'export const lost = (reply) => reply.reason?.startsWith("epoch");',
  "why a run stops": 'export const stopped = (why) => why === "stop was asked for";',
  "what a coordinator wrote": "export const fault = (message) => /of kernel (does not compile|failed)/s.exec(message);",
  "the words of an event": 'export const blank = (event) => event.message.indexOf(" ");',
  "a pattern with a name": "const LOST = /closed/; export const lost = (error) => LOST.test(error.message.trim());",
  "a case": 'export const f = (why) => { switch (why) { case "no such device": return 1; default: return 2; } };',
  "the other way about": 'export const f = (why) => "all is spent" !== why;',
};

const ALLOWED: Record<string, string> = {
  "a code": 'export const lost = (reply) => reply.refusal === "stale_epoch";',
  "the lines of a message": 'export const first = (message) => message.split("\\n")[0];',
  "how long a message is": "export const cut = (message) => message.slice(0, 10);",
  "a sentence that is made": 'export const say = (why) => "it failed, " + why + "; start it again";',
};

/** A clone of nothing but the rule, its configuration and sources that it is to judge. */
let clone: string;
const complaints = new Map<string, number>();
const fileOf = (name: string, folder = "coordinator/run") => `${folder}/${name.replaceAll(" ", "-")}.ts`;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), "kevo-house-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), `${text}\n`);
  };
  const config = { ...JSON.parse(read("biome.json")), $schema: undefined, vcs: { enabled: false } };
  write("biome.json", JSON.stringify(config));
  mkdirSync(join(clone, "tests/house"), { recursive: true });
  cpSync(join(ROOT, "tests/house/sentences.grit"), join(clone, "tests/house/sentences.grit"));
  for (const [name, source] of Object.entries({ ...PUT_BACK, ...ALLOWED })) write(fileOf(name), source);
  for (const [name, source] of Object.entries(PUT_BACK)) write(fileOf(name, "tests/cluster"), source);
  const args = [BIOME, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const { stdout } = spawnSync(process.execPath, args, { cwd: clone, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
  for (const { category, location } of diagnostics) {
    if (category === "plugin") complaints.set(location.path, (complaints.get(location.path) ?? 0) + 1);
  }
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

test.each(Object.keys(PUT_BACK))("%s: no program acts on it", (name) => {
  expect(complaints.get(fileOf(name))).toBe(1);
});

test.each(Object.keys(ALLOWED))("%s is no sentence that is acted on", (name) => {
  expect(complaints.get(fileOf(name))).toBeUndefined();
});

test.each(Object.keys(PUT_BACK))("%s: a test may look at it, as a person does", (name) => {
  expect(complaints.get(fileOf(name, "tests/cluster"))).toBeUndefined();
});

/** In Python: `"words" in str(error)`, `message.startswith("words")`. */
const PYTHON =
  /"[^"]*[a-z]{3,}[^"]*" (?:not )?in (?:str\(|\w*(?:message|error|reason|line|text))|\b\w*(?:message|error|reason|line|text)\)?\.(?:startswith|endswith|find|index)\("[^"]*[a-z]{3,}/;

/** The output of compilers and libraries is sorted for people; nothing depends on it. */
const FOREIGN = [
  "gpu-evaluator/runner/baselines.py",
  "gpu-evaluator/runner/compile_cuda_main.py",
  "gpu-evaluator/runner/triton_compiler.py",
];

test("nor does a Python program, but for what compilers and libraries print", () => {
  const found = files()
    .filter((file) => file.endsWith(".py") && !file.startsWith("tests/"))
    .filter((file) =>
      read(file)
        .split("\n")
        .some((line) => PYTHON.test(line)),
    );
  expect(found.sort()).toEqual(FOREIGN);
});

test.each([
  ['    if "out of memory" in str(error):', true],
  ['    return message.startswith("epoch")', true],
  ['    if request["type"] == "probe":', false],
  ['    if "key" in launch and launch["key"]:', false],
])("%s", (line, acts) => {
  expect(PYTHON.test(line)).toBe(acts);
});

test("each exception says why it needs to be one", () => {
  const exceptions = files()
    .filter((file) => /\.(ts|mjs)$/.test(file) && !file.startsWith("tests/house/"))
    .flatMap((file) => read(file).match(/biome-ignore lint\/plugin.*/g) ?? []);
  expect(exceptions.length).toBeGreaterThan(5);
  for (const exception of exceptions) expect(exception).toMatch(/^biome-ignore lint\/plugin: \S.{10,}/);
});
