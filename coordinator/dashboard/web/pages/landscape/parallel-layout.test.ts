import { expect, test } from "vitest";
import { axesOf, heightsOf, PARALLEL, passes, valueY } from "./parallel-layout.ts";

const parameters = [
  { name: "TILE", type: "ordinal", description: null, values: ["8", "16"] },
  { name: "UNROLL", type: "boolean", description: null, values: ["false", "true"] },
] as const;
const known = parameters.map((parameter) => ({ ...parameter, values: [...parameter.values] }));
const { axes, valueX } = axesOf(known, ["UNROLL", "TILE", "UNKNOWN"], 400);
const scale = { of: (value: number) => value, ticks: [] };

test("axes stand in the order asked for, before the axis of the value", () => {
  expect(axes.map(({ parameter, index }) => [parameter, index])).toEqual([
    ["UNROLL", 1],
    ["TILE", 0],
  ]);
  expect(axes[0]?.x).toBeLessThan(axes[1]?.x as number);
  expect(valueX).toBe(400 - PARALLEL.right);
});

test("lines of one value are spread without leaving its room, the better ones higher", () => {
  const lines = [1, 2, 3].map((value) => ({ candidate: String(value), value, at: [0, value === 3 ? 1 : 0] }));
  const [unroll, tile, value] = heightsOf(lines, axes, scale) as [Float32Array, Float32Array, Float32Array];
  expect(tile[2]).toBeLessThan(tile[1] as number);
  expect(tile[1]).toBeLessThan(tile[0] as number);
  const middle = (valueY({ values: ["8", "16"] }, 0) + valueY({ values: ["8", "16"] }, 1)) / 2;
  for (const y of tile) expect(y).toBeGreaterThan(middle);
  expect(unroll[2]).toBeCloseTo(valueY({ values: ["false", "true"] }, 1));
  expect([...value]).toEqual([1, 2, 3]);
});

test("a value that the axis does not have leaves a gap", () => {
  const [unroll] = heightsOf([{ candidate: "a", value: 1, at: [0, -1] }], axes, scale);
  expect(unroll?.[0]).toBeNaN();
});

test("filters let through what has one of the chosen values on every axis", () => {
  const line = { candidate: "a", value: 1, at: [1, 0] };
  expect(passes(line, axes, new Map())).toBe(true);
  expect(passes(line, axes, new Map([["TILE", new Set([1])]]))).toBe(true);
  expect(
    passes(
      line,
      axes,
      new Map([
        ["TILE", new Set([1])],
        ["UNROLL", new Set([1])],
      ]),
    ),
  ).toBe(false);
});
