import { expect, test } from "vitest";
import { configurationOf } from "./typed-values.ts";

const parameter = (name: string, type: "categorical" | "ordinal" | "boolean" | "permutation") => ({
  name,
  type,
  description: null,
  values: [],
});
const PARAMETERS = [
  parameter("tile", "ordinal"),
  parameter("vector", "boolean"),
  parameter("flag", "categorical"),
  parameter("order", "permutation"),
];
const TEXTS = { tile: "64", vector: "true", flag: "1", order: "[2,0,1]" };

test("values have the types of their parameters", () => {
  expect(configurationOf(PARAMETERS, TEXTS, {})).toEqual({ tile: 64, vector: true, flag: "1", order: [2, 0, 1] });
});

test("a known configuration knows better: categories may be numbers", () => {
  expect(configurationOf(PARAMETERS, TEXTS, { flag: 0, tile: "a" })).toMatchObject({ flag: 1, tile: "64" });
});
