/** The worked example of docs/kernels.md, taken literally. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT, read } from "./files.ts";

const section = /^## Add a kernel\n([\s\S]*?)^## /m.exec(read("docs/kernels.md"))?.[1] ?? "";

/** A paragraph that begins with a file's name, and the next block of code. */
const example = [...section.matchAll(/^`([\w./-]+)`[^`]*(?:`[^`\n]+`[^`]*)*?^```\w+\n([\s\S]*?)^```$/gm)].map(
  ([, file = "", content = ""]) => ({ file, content }),
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kevo-readme-"));
  for (const { file, content } of example) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("its files are a kernel's", async () => {
  expect(example.map(({ file }) => file)).toEqual(
    ["kernel.json", "kernel.c", "reference.c"].map((file) => `vector-scale-cpu/${file}`),
  );
  const { definition } = await loadKernel(join(folder, "vector-scale-cpu"), folder);
  expect(definition.id).toBe("vector-scale-cpu");
});

test("its command evolves it, on an evaluator that has only what it fetches", async () => {
  const [, program = "", args = ""] = /^npx (\S+) (start --kernel .*)$/m.exec(section) ?? [];
  expect(args).toContain("./vector-scale-cpu");
  const bin = join(ROOT, program, "bin", `${program}.mjs`);
  // Fetched kernels are kept in the home folder's cache, which is still empty here.
  const env = { ...process.env, HOME: folder, XDG_CACHE_HOME: join(folder, "cache") };
  const command = [bin, ...args.split(" "), "--json"];
  const run = spawn(process.execPath, command, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let stderr = "";
  run.stdout.on("data", (chunk) => (output += chunk));
  run.stderr.on("data", (chunk) => (stderr += chunk));
  const [status] = await once(run, "close");
  expect(status, stderr).toBe(0);
  const result = JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");
  expect(result).toMatchObject({ status: "completed", kernel: "vector-scale-cpu", evaluations: { total: 12 } });
  expect(result.best.time_ms).toBeGreaterThan(0);
});
