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

test("an address that proved nothing is left alone, longer each time, at most for a minute", () => {
  let now = 0;
  const policy = new DialPolicy(() => now);
  const first = [10_000, 20_000, 40_000, 60_000, 60_000].map((ms) => {
    const isFirst = policy.avoid("a:1");
    expect(policy.allows("b:1", [])).toBe(true);
    now += ms - 1;
    expect(policy.allows("a:1", [])).toBe(false);
    now += 2;
    expect(policy.allows("a:1", [])).toBe(true);
    return isFirst;
  });
  expect(first).toEqual([true, false, false, false, false]);
});
