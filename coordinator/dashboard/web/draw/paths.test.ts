import { expect, test } from "vitest";
import { bandPath, linePath, stepPath } from "./paths.ts";

test("a gap interrupts a line", () => expect(linePath([0, 1, 2, 3], [5, null, 6, 7])).toBe("M0 5M2 6L3 7"));

test("steps stay level until the next value, and to the end", () =>
  expect(stepPath([0, 10, 20], [null, 5, 3], 30)).toBe("M10 5H20V3H30"));

test("a band is closed at each gap, and one value has a width", () => {
  expect(bandPath([0, 1], [1, 2], [3, 4])).toBe("M0 1L1 2L1 4L0 3Z");
  expect(bandPath([5, 6], [1, null], [2, null])).toBe("M4 1L6 1L6 2L4 2Z");
  expect(bandPath([], [], [])).toBe("");
});
