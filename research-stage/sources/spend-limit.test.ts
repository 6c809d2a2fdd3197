import fc from "fast-check";
import { expect, test } from "vitest";
import { createSpendLimit } from "./spend-limit.ts";

test("for any reservations and settlements, the committed sum never exceeds the budget", () => {
  const step = fc.record({
    usd: fc.double({ min: 0, max: 2, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.double({ min: 0, max: 10, noNaN: true }), fc.array(step), (budget, steps) => {
      const spendLimit = createSpendLimit(budget);
      let spent = 0;
      for (const { usd, share } of steps) {
        if (!spendLimit.reserve(usd)) {
          expect(spendLimit.committedUsd + usd).toBeGreaterThan(budget);
          continue;
        }
        expect(spendLimit.committedUsd).toBeLessThanOrEqual(budget + 1e-9);
        spendLimit.settle(usd, usd * share);
        spent += usd * share;
        expect(spendLimit.committedUsd).toBeCloseTo(spent, 9);
      }
    }),
  );
});

test("an earlier session's spend counts, and overspending is reported", () => {
  const spendLimit = createSpendLimit(1, 0.9);
  expect(spendLimit.reserve(0.2)).toBe(false);
  expect(spendLimit.reserve(0.1)).toBe(true);
  spendLimit.settle(0.1, 0.5);
  expect(spendLimit.committedUsd).toBeCloseTo(1.4, 9);
  expect(spendLimit.reserve(0.001)).toBe(false);
});

test("a budget below nothing is refused", () => {
  expect(() => createSpendLimit(-1)).toThrow(RangeError);
  expect(() => createSpendLimit(Number.NaN)).toThrow(RangeError);
});
