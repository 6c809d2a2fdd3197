import { fitnessOfValue, type Objective } from "@kevo/proto/objective.ts";
import { expect, test } from "vitest";
import { learntValues } from "./unknown-scale.ts";

const objective = (direction: Objective["direction"]): Objective => ({
  name: "value",
  direction,
  unit: null,
  span: null,
  beside: null,
  any_sign: true,
});
const learnt = (values: readonly (number | null)[], direction: Objective["direction"]) =>
  learntValues(
    values.map((value) => (value === null ? null : fitnessOfValue(value, objective(direction)))),
    objective(direction),
  );

test("positive values are learnt as times are: their logarithms", () => {
  expect(learnt([2, null, 8], "minimize")).toEqual([-Math.log(1 / 2), null, -Math.log(1 / 8)]);
  expect(learnt([2, null, 8], "maximize")).toEqual([-Math.log(2), null, -Math.log(8)]);
});

test("one that is not positive makes all linear, as shares of their range", () => {
  expect(learnt([-3, 0, null, 5], "maximize")).toEqual([3 / 8, -0, null, -5 / 8]);
  expect(learnt([-3, 0, 5], "minimize")).toEqual([-3 / 8, -0, 5 / 8]);
  // The order is that of the values, however large, small or close they are.
  for (const values of [
    [-1e300, 0, 1e308],
    [-1e-300, 0, 1e-310],
    [-7, -7, -7],
    [-1.7e308, 1.7e308],
  ]) {
    const found = learnt(values, "minimize") as number[];
    expect(found.every(Number.isFinite)).toBe(true);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  }
});
