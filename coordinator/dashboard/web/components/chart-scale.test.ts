import { expect, test } from "vitest";
import { type Box, dotsPath, evenTicks, horizontal, stepPath, valueAt, vertical } from "./chart-scale.ts";

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
  expect(dotsPath(curve, across, up, box).match(/M/g)).toHaveLength(3);
  // One beyond the frame would be cut at it.
  expect(dotsPath({ x: [1, 5], y: [1, 40] }, across, up, box).match(/M/g)).toHaveLength(1);
});

test("an axis of evaluations has whole numbers alone", () => {
  expect(horizontal([0, 1], box, true).ticks).toEqual([0, 1]);
  expect(horizontal([0, 1], box).ticks).toContain(0.5);
});

test.each([
  [
    ["1.100×", "1.080×"],
    ["1.10×", "1.08×"],
  ],
  [
    ["35.00 µs", "9.500 µs"],
    ["35.0 µs", "9.5 µs"],
  ],
  [
    ["35.00 µs", "20.00 µs"],
    ["35 µs", "20 µs"],
  ],
  [
    ["$0", "$0.050", "$0.10"],
    ["$0", "$0.05", "$0.10"],
  ],
  [
    ["0", "1\u2009000"],
    ["0", "1\u2009000"],
  ],
])("the ticks %j are written %j", (texts, expected) => expect(evenTicks(texts)).toEqual(expected));

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
