import { expect, test } from "vitest";
import { cut } from "./cut.ts";

test.each([
  ["kept whole", 10, "kept whole"],
  ["cut at the end", 10, "cut at th…"],
  ["12345678🚀", 10, "12345678🚀"],
  // Eight characters, a half and the sign: the half is cut off.
  ["12345678🚀 and on", 10, "12345678…"],
])("%j in %i characters is %j", (text, characters, expected) => {
  expect(cut(text, characters)).toBe(expected);
});
