import { expect, test } from "vitest";
import { counted } from "./plural.ts";

test("one thing is singular, none and several are not", () => {
  expect([0, 1, 2].map((count) => counted(count, "island"))).toEqual(["0 islands", "1 island", "2 islands"]);
  expect(counted(2, "entry", "entries")).toBe("2 entries");
});
