import { expect, test } from "vitest";
import { gridOf } from "./grid.ts";

test("two varying parts of the names make rows and columns, in the order of their numbers", () => {
  const grid = gridOf(["w128-l1024", "w128-l512", "w64-l1024", "w64-l512"]);
  expect(grid.rows).toEqual(["w64", "w128"]);
  expect(grid.columns).toEqual(["l512", "l1024"]);
  expect(grid.at).toEqual([
    ["w64-l512", "w64-l1024"],
    ["w128-l512", "w128-l1024"],
  ]);
});

test("a part that all names share is not repeated, and a gap stays a gap", () => {
  const grid = gridOf(["ten/qwen2/s512", "ten/qwen2/s1024", "ten/llama/s512"]);
  expect(grid.rows).toEqual(["llama", "qwen2"]);
  expect(grid.at[0]).toEqual(["ten/llama/s512", null]);
});

test("names that differ in one part, or in their form, stand in one column", () => {
  expect(gridOf(["s512", "s64"])).toMatchObject({ rows: ["s64", "s512"], columns: [""] });
  expect(gridOf(["square-256", "tall", "wide"]).columns).toEqual([""]);
  expect(gridOf(["a-1", "b-2", "c-3", "d-4", "e-5"]).columns).toEqual([""]);
  expect(gridOf([])).toEqual({ rows: [], columns: [""], at: [] });
});

test("slashes come before the hyphens within a name", () => {
  const grid = gridOf(["m/llama-3.2-1b/s512", "m/llama-3.2-1b/s1024", "m/phi-2/s512", "m/phi-2/s1024"]);
  expect(grid).toMatchObject({ rows: ["llama-3.2-1b", "phi-2"], columns: ["s512", "s1024"] });
});

test("every workload has one place", () => {
  const names = ["a-1-x", "a-2-x", "b-1-x", "b-2-x", "b-3-x"];
  expect(
    gridOf(names)
      .at.flat()
      .filter((name) => name !== null)
      .sort(),
  ).toEqual(names);
});
