import { expect, test } from "vitest";
import { type Box, dotsPath, horizontal, stepPath, valueAt, vertical } from "./chart-scale.ts";

const box: Box = { width: 400, height: 200, left: 50, right: 10, top: 10, bottom: 30 };
const curve = { x: [1, 5, 9], y: [1, 2, 4] };

test("a step holds until the next value and to the end", () => {
  const across = { at: (x: number) => x * 10, invert: (x: number) => x / 10, ticks: [] };
  const up = { ...across, at: (y: number) => 100 - y };
  expect(stepPath(curve, across, up, 95)).toBe("M10.0 99.0H50.0V98.0H90.0V96.0H95.0");
  expect(stepPath({ x: [], y: [] }, across, up, 0)).toBe("");
});

test("dots are one path", () => {
  const [across, up] = [horizontal([0, 10], box), vertical([0, 4], box, false)];
  expect(dotsPath(curve, across, up).match(/M/g)).toHaveLength(3);
});

test.each([
  [0, null],
  [1, 1],
  [4.9, 1],
  [5, 2],
  [100, 4],
])("the value at %s is %s", (at, value) => expect(valueAt(curve, at)).toBe(value));

test.each([[[]], [[3]], [[3, 3]], [[-1, 5]], [[1e-9, 1e9]]])("%j has finite places on both kinds of axis", (values) => {
  for (const axis of [horizontal(values, box), vertical(values, box, false), vertical(values, box, true)]) {
    expect([...axis.ticks, ...values].map(axis.at).every(Number.isFinite)).toBe(true);
    expect(axis.ticks.length).toBeGreaterThan(0);
  }
});

test("all of a curve lies inside the frame", () => {
  const up = vertical([2, 8], box, true);
  expect(up.at(2)).toBeLessThan(170);
  expect(up.at(8)).toBeGreaterThan(10);
});
