import fc from "fast-check";
import { expect, test } from "vitest";
import { createPurse } from "./purse.ts";

test("whatever is reserved and settled, what is committed never passes the budget", () => {
  const step = fc.record({
    usd: fc.double({ min: 0, max: 2, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.double({ min: 0, max: 10, noNaN: true }), fc.array(step), (budget, steps) => {
      const purse = createPurse(budget);
      let spent = 0;
      for (const { usd, share } of steps) {
        if (!purse.reserve(usd)) {
          expect(purse.committedUsd + usd).toBeGreaterThan(budget);
          continue;
        }
        expect(purse.committedUsd).toBeLessThanOrEqual(budget + 1e-9);
        purse.settle(usd, usd * share);
        spent += usd * share;
        expect(purse.committedUsd).toBeCloseTo(spent, 9);
      }
    }),
  );
});

test("an earlier sitting's spend counts, and overspending is told", () => {
  const purse = createPurse(1, 0.9);
  expect(purse.reserve(0.2)).toBe(false);
  expect(purse.reserve(0.1)).toBe(true);
  purse.settle(0.1, 0.5);
  expect(purse.committedUsd).toBeCloseTo(1.4, 9);
  expect(purse.reserve(0.001)).toBe(false);
});

test("a budget below nothing is refused", () => {
  expect(() => createPurse(-1)).toThrow(RangeError);
  expect(() => createPurse(Number.NaN)).toThrow(RangeError);
});
