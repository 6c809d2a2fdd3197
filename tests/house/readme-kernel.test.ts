/** The README's worked example of a kernel, taken literally. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadKernel } from "@kevo/core/kernel/load.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { read } from "./files.ts";

const section = /^## Add a kernel\n([\s\S]*?)^## /m.exec(read("README.md"))?.[1] ?? "";

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
