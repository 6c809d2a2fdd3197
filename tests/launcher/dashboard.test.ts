import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isBuilt } from "../../deploy/launcher/dashboard.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kevo-pages-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @param at seconds since 1970; the folders above get the same age. */
function put(file: string, at: number): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  for (let each = path; each !== root; each = dirname(each)) utimesSync(each, at, at);
}

const SOURCE = "coordinator/dashboard/web/pages/run/run.tsx";
const BUILT = "coordinator/dashboard/dist/index.html";

describe("the dashboard's pages count as built", () => {
  test("when they are younger than what they are made of", () => {
    put(SOURCE, 100);
    put(BUILT, 200);
    expect(isBuilt(root)).toBe(true);
  });

  test("not when they are missing", () => {
    put(SOURCE, 100);
    expect(isBuilt(root)).toBe(false);
  });

  test.each([SOURCE, "coordinator/dashboard/contract/runs.ts", "package-lock.json"])(
    "not when %s changed since",
    (file) => {
      put(SOURCE, 100);
      put(BUILT, 200);
      put(file, 300);
      expect(isBuilt(root)).toBe(false);
    },
  );

  test("not when a source was removed since", () => {
    put(SOURCE, 100);
    put(BUILT, 200);
    rmSync(join(root, SOURCE));
    expect(isBuilt(root)).toBe(false);
  });
});
