import { expect, test } from "vitest";
import { isSuspect } from "./kept-results.ts";

test.each<[string, number[], number[], boolean]>([
  ["a repeated call from memory", [5, 6, 5.5], [0.1, 0.2, 0.1], true],
  ["the same time", [5, 6, 5.5], [5.1, 5, 6.2], false],
  ["a busy machine in the way of all new calls but one", [50, 60, 5, 70], [5, 5, 5, 5], false],
  ["a busy machine in the way of one repeated call", [5, 5, 5], [0.1, 4, 0.1], false],
  ["calls so short that nothing can be said", [0.012, 0.011], [0.001, 0.002], false],
])("%s", (_what, fresh, repeated, suspect) => expect(isSuspect(fresh, repeated)).toBe(suspect));
