import { expect, test } from "vitest";
import { describeChange, describeChanges, describeGain, shortId, toneOf } from "./change.ts";

const tile = { parameter: "TILE", from: 8, to: 16 };
const unroll = { parameter: "UNROLL", from: null, to: true };

test("a change names both values, and text from a kernel cannot hide in it", () => {
  expect(describeChange(tile)).toBe("TILE 8 → 16");
  expect(describeChange(unroll)).toBe("UNROLL – → true");
  expect(describeChange({ parameter: "A\u202eB", from: "x", to: "y" })).toBe("A[U+202E]B x → y");
});

test("changes that do not fit are counted", () => {
  const both = { changes: [tile, unroll], code_changed: false };
  expect(describeChanges(both, 80)).toBe("TILE 8 → 16, UNROLL – → true");
  expect(describeChanges(both, 20)).toBe("TILE 8 → 16, +1");
  expect(describeChanges(both, 10)).toHaveLength(10);
  expect(describeChanges({ changes: [], code_changed: true }, 20)).toBe("code");
  expect(describeChanges({ changes: [], code_changed: false }, 20)).toBe("same configuration");
});

test.each([
  [1.12, "+12 %", "good"],
  [0.969, "−3.1 %", "bad"],
  [1, "±0 %", "even"],
  [1.004, "+0.4 %", "even"],
  [4.2, "4.2 times as good", "good"],
  [null, "no gain known", "even"],
] as const)("a gain of %s is %s", (gain, text, tone) => {
  expect(describeGain(gain)).toBe(text);
  expect(toneOf(gain)).toBe(tone);
});

test("an id without its run", () => expect(shortId("20261127-kernel/0/12/3")).toBe("0/12/3"));
