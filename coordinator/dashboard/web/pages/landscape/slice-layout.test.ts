import { expect, test } from "vitest";
import type { Objective } from "../../../contract/common.ts";
import { sidestep, strengthOf } from "./slice-layout.ts";

const speedup: Objective = { name: "speedup", unit: "×", direction: "maximize", against: null };
const time: Objective = { name: "time", unit: "ms", direction: "minimize", against: null };

test("the best of a slice is the strongest, whichever direction is better", () => {
  expect(strengthOf(4, [1, 2, 4], speedup)).toBeCloseTo(1);
  expect(strengthOf(2, [1, 2, 4], speedup)).toBeCloseTo(0.5);
  expect(strengthOf(4, [1, 2, 4], time)).toBeCloseTo(0);
  expect(strengthOf(-1, [-1, 0, 1], speedup)).toBeCloseTo(0);
  expect(strengthOf(3, [3, 3], speedup)).toBe(0.5);
});

test("points step aside within their room", () => {
  for (let at = 0; at < 100; at++) expect(Math.abs(sidestep(at, 20))).toBeLessThanOrEqual(6);
});
