/** Vitest's JSON result, counted. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const result = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), failureMessages: z.array(z.string()).nullish().default([]) }),
      ),
    }),
  ),
});

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Full names of tests that ran into their time limit. */
  timedOut: string[];
}

/**
 * Counts of one vitest run. A file that could not be loaded has no tests: it counts as one failure. So does a run that
 * vitest calls failed without naming a test, such as an error outside any test or a result that was never written.
 * @param file what vitest's JSON reporter wrote
 * @param passed whether vitest exited with 0
 */
export function readCounts(file: string, passed: boolean): Counts {
  const parsed = (() => {
    try {
      return result.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch {
      return undefined;
    }
  })();
  if (parsed === undefined) return { passed: 0, failed: 1, skipped: 0, timedOut: [] };
  const unloaded = parsed.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  const failed = parsed.numFailedTests + unloaded;
  const timedOut = parsed.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ failureMessages }) => failureMessages?.some((message) => /timed out in \d+ ?ms/.test(message)))
    .map(({ fullName }) => fullName);
  return {
    passed: parsed.numPassedTests,
    failed: failed === 0 && !passed ? 1 : failed,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
    timedOut,
  };
}
