import { expect, test } from "vitest";
import { areaPath, presence } from "./lane-shapes.ts";

test("shares become steps between the base and the top", () => {
  expect(areaPath([0, 0.5, 1], 30, 20, 10)).toBe("M0 30V30.0H10.0V20.0H20.0V10.0H30.0V30Z");
  expect(areaPath([2, -1], 10, 10, 0)).toBe("M0 10V0.0H5.0V10.0H10.0V10Z");
  expect(areaPath([], 10, 10, 0)).toBe("");
});

test("what lies outside the window is cut at its ends", () => {
  expect(presence(0, 100, 50, 150, 200)).toEqual({ left: 0, right: 100 });
  expect(presence(60, 70, 60, 60, 200)).toEqual({ left: 0, right: 0 });
});
