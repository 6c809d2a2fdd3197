import { expect, test } from "vitest";
import { parsePlace, placeHref } from "./location.ts";

test.each([
  ["runs", null, {}],
  ["candidates", "20260101-a-1", { filter: 'a == "x/y?#&=%" and b > 1', candidate: "run/0/1/2" }],
  ["run", "a/b?c#d%2F", { at: "12" }],
])("the address of %s of %s leads there again", (page, run, params) => {
  const found = parsePlace(placeHref(page, run, params));
  expect({ ...found, params: Object.fromEntries(found.params) }).toEqual({ page, run, params });
});

test("what is no address leads to the list of runs, or to the run", () => {
  expect(parsePlace("")).toMatchObject({ page: "runs", run: null });
  expect(parsePlace("#/")).toMatchObject({ page: "runs", run: null });
  expect(parsePlace("#/run")).toMatchObject({ page: "runs", run: null });
  expect(parsePlace("#/run/x")).toMatchObject({ page: "run", run: "x" });
  expect(parsePlace("#/run/%E0%A4%A/cells")).toMatchObject({ page: "cells", run: "%E0%A4%A" });
});

test("parameters without a value are left out", () => {
  expect(placeHref("runs", null, { filter: "", sort: null })).toBe("#/runs");
});
