/** The tutorial of docs/kernels.md, taken literally: from a C function to a package that Python and C call. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Workplace } from "../support/programs.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/kernels.md", import.meta.url)), "utf8");
const section = /^## From a C function to a tuned package\n([\s\S]*?)^## /m.exec(page)?.[1] ?? "";
const blocks = [...section.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));
const ofLanguage = (language: string) => blocks.filter((block) => block.language === language).map(({ text }) => text);
const commands = ofLanguage("sh").flatMap((text) => text.trim().split("\n"));
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** Both workloads have the small one's image: 64 MB for each right answer take longer than anything else here. */
function withoutLarge(text: string): string {
  const definition = JSON.parse(text);
  const [small, large] = definition.workloads;
  return JSON.stringify({ ...definition, workloads: [small, { ...small, name: large.name }] });
}

test.skipIf(!hasPython)("every file, command and program of the tutorial works", async () => {
  await using place = new Workplace();
  const files = [...section.matchAll(/^`(smooth-cpu\/[\w.]+)`[\s\S]*?^```\w+\n([\s\S]*?)^```$/gm)];
  expect(files.map(([, file]) => file)).toEqual(
    ["kernel.json", "kernel.c", "reference.c"].map((file) => `smooth-cpu/${file}`),
  );
  for (const [, file = "", text = ""] of files) {
    mkdirSync(dirname(place.file(file)), { recursive: true });
    writeFileSync(place.file(file), file.endsWith(".json") ? withoutLarge(text) : text);
  }
  const own = commands
    .filter((command) => command.startsWith("npx coordinator "))
    .map((one) => one.split(" ").slice(2));
  expect(own.map(([verb]) => verb)).toEqual(["check", "start", "export"]);
  for (const args of own.map((one) => one.map((word) => (word === "40" ? "4" : word)))) {
    const ended = await place.run("coordinator", args);
    // 75: the machine is too busy for a claim, and the fastest baseline is what is exported.
    expect(args[0] === "start" ? [0, 75] : [0], ended.stderr).toContain(ended.code);
  }
  const [user = ""] = ofLanguage("python");
  const read = "\nassert list(smoothed) == [0.0] * (512 * 512)\n";
  execFileSync("python3", ["-c", user + read], { cwd: place.path });
  writeFileSync(place.file("program.c"), ofLanguage("c").at(-1) ?? "");
  const others = commands.filter((command) => !command.startsWith("npx "));
  execFileSync("sh", ["-ec", [...others, "./program"].join("\n")], { cwd: place.path });
});
