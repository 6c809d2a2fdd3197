import { expect, test } from "vitest";
import { DialPolicy } from "./dial-policy.ts";

const many = (count: number, proven: boolean, named = false) =>
  Array.from({ length: count }, () => ({ named, proven }));

test("three thousand announced addresses are not three thousand dialled ones", () => {
  const policy = new DialPolicy();
  expect(policy.allows("a:1", many(3_000, false, true))).toBe(true);
  expect(policy.allows("a:1", many(15, false))).toBe(true);
  expect(policy.allows("a:1", many(16, false))).toBe(false);
  expect(policy.allows("a:1", many(255, true))).toBe(true);
  expect(policy.allows("a:1", many(256, true))).toBe(false);
});

test("an address that proved nothing is left alone for a minute, and then may come", () => {
  let now = 0;
  const policy = new DialPolicy(() => now);
  policy.avoid("a:1");
  expect(policy.allows("a:1", [])).toBe(false);
  expect(policy.allows("b:1", [])).toBe(true);
  now = 60_001;
  expect(policy.allows("a:1", [])).toBe(true);
});
