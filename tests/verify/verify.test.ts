import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { complaints } from "./python.ts";
import { readCounts } from "./vitest-result.ts";

describe("the count of tests", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kevo-counts-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const report = (counts: [number, number, number], files: object[] = []): string => {
    const [numPassedTests, numFailedTests, numPendingTests] = counts;
    const file = join(folder, "vitest.json");
    const about = { numPassedTests, numFailedTests, numPendingTests, numTodoTests: 0 };
    writeFileSync(file, JSON.stringify({ ...about, testResults: files }));
    return file;
  };

  test("is vitest's", () => {
    expect(readCounts(report([7, 0, 1]), true)).toEqual({ passed: 7, failed: 0, skipped: 1, timedOut: [] });
  });

  test("takes a file that could not be loaded for a failure", () => {
    expect(readCounts(report([7, 0, 0], [{ status: "failed", assertionResults: [] }]), false).failed).toBe(1);
  });

  test("takes an error outside any test for a failure", () => {
    expect(readCounts(report([7, 0, 0]), false).failed).toBe(1);
  });

  test("takes a missing result for a failure", () => {
    expect(readCounts(join(folder, "none.json"), true)).toMatchObject({ passed: 0, failed: 1 });
  });

  test("names what timed out", () => {
    const slow = { fullName: "a slow one", failureMessages: ["Error: Test timed out in 30000ms."] };
    expect(readCounts(report([0, 1, 0], [{ status: "failed", assertionResults: [slow] }]), false)).toMatchObject({
      failed: 1,
      timedOut: ["a slow one"],
    });
  });
});

describe("Python style", () => {
  test("complains with file and line", () => {
    expect(complaints("a.py", "import os\n")).toEqual([expect.stringMatching(/^a\.py:1:8 F401 /)]);
    expect(complaints("a.py", "def f(x):\n    return x\n").join("\n")).toMatch(/ANN001/);
    expect(complaints("a.py", "x  = 1\n")).toEqual(["a.py: not formatted (ruff format)"]);
    expect(complaints("a.py", "def (\n")[0]).toMatch(/^a\.py:1:/);
  });

  test("is content with clean code", () => {
    expect(complaints("a.py", "def double(x: int) -> int:\n    return 2 * x\n")).toEqual([]);
  });
});
