import { expect, test } from "vitest";
import { countScale, quantile, valueScale } from "./scale.ts";

test("values keep off the edges, and ticks lie between them", () => {
  const scale = valueScale([1, 2], 100, 0);
  expect(scale.of(2)).toBeLessThan(scale.of(1));
  expect(scale.of(2)).toBeGreaterThan(0);
  expect(scale.ticks.length).toBeGreaterThan(1);
  for (const tick of scale.ticks) expect(scale.of(tick)).toBeGreaterThanOrEqual(0);
});

test("one value, and none, have a place", () => {
  expect(valueScale([3], 0, 10).of(3)).toBeCloseTo(5);
  expect(valueScale([0], 0, 10).of(0)).toBeCloseTo(5);
  expect(valueScale([], 0, 10)).toMatchObject({ ticks: [] });
});

test("a wide range is drawn by its logarithms, and what lies below it at its end", () => {
  const scale = valueScale([1, 100], 0, 100);
  expect(scale.of(10)).toBeCloseTo(50);
  expect(scale.of(0)).toBeCloseTo(0);
});

test("ticks of counts are whole", () => {
  expect(countScale(3, 0, 100).ticks.every(Number.isInteger)).toBe(true);
  expect(countScale(0, 0, 100).ticks).toContain(0);
});

test("quantiles", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(3);
  expect(quantile([], 0.5)).toBeNaN();
});
