import { expect, test } from "vitest";
import { extremeOf, toneOf } from "./tone.ts";

const cell = (value: number, low: number | null = value, high: number | null = value) => ({ value, low, high });
const strength = (value: number, extreme: number) => Number.parseInt(toneOf(cell(value), extreme).strength, 10);

test("faster and slower cells as far from the baseline are equally strong", () => {
  const extreme = extremeOf([2, 0.5, 1.1]);
  expect(toneOf(cell(2), extreme).side).toBe("faster");
  expect(toneOf(cell(0.5), extreme).side).toBe("slower");
  expect(strength(2, extreme)).toBe(strength(0.5, extreme));
  expect(strength(1.1, extreme)).toBeLessThan(strength(2, extreme));
});

test("a cell whose interval holds the baseline is neither", () => {
  expect(toneOf(cell(1.02, 0.99, 1.05), 1).side).toBe("even");
  expect(toneOf(cell(1.02, 1.01, 1.03), 1).side).toBe("faster");
  expect(toneOf(null, 1).side).toBe("missing");
  expect(extremeOf([])).toBe(0);
});
