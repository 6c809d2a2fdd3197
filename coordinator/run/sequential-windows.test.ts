import { expect, test } from "vitest";
import { windowsInTurn } from "./sequential-windows.ts";

const island = (nextBatch: number, outstanding = 0, exhausted = false) => ({
  nextBatch,
  outstanding: new Set(Array.from({ length: outstanding }, (_, at) => String(at))),
  exhausted,
});

test("with one credit, the island whose turn it is, and nobody while its candidate is outstanding", () => {
  expect(windowsInTurn([island(0), island(0), island(0)], 1)).toEqual([1, 0, 0]);
  expect(windowsInTurn([island(1, 1), island(0), island(0)], 1)).toEqual([1, 0, 0]);
  expect(windowsInTurn([island(1), island(0), island(0)], 1)).toEqual([0, 1, 0]);
  expect(windowsInTurn([island(1), island(1), island(1)], 1)).toEqual([1, 0, 0]);
});

test("more credits go on from there, and what is outstanding stays", () => {
  expect(windowsInTurn([island(1, 1), island(0), island(0)], 3)).toEqual([1, 1, 1]);
  expect(windowsInTurn([island(0), island(0)], 5)).toEqual([3, 2]);
  expect(windowsInTurn([island(2, 2), island(1, 1)], 0)).toEqual([2, 1]);
});

test("an exhausted island has no turn while others propose", () => {
  expect(windowsInTurn([island(1, 0, true), island(0)], 2)).toEqual([0, 2]);
  expect(windowsInTurn([island(0, 0, true), island(0, 0, true)], 1)).toEqual([1, 0]);
});
