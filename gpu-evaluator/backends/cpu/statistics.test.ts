import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { median, pairedRatio } from "./statistics.ts";

const times = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 });

describe("median", () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])("of %j is %d", (values, middle) => expect(median(values)).toBe(middle));
});

describe("ratio of medians", () => {
  test("the interval contains the value for any samples", () => {
    fc.assert(
      fc.property(times, times, (above, below) => {
        const { value, low, high } = pairedRatio(above, below, 50);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(low).toBeGreaterThan(0);
      }),
    );
  });

  test("drift that hits both sides of a round leaves a narrow interval; noise on one side does not", () => {
    const drift = [1, 1.5, 2, 1.2, 1.8, 1.1, 1.9];
    const same = pairedRatio(
      drift.map((x) => 2 * x),
      drift,
      500,
    );
    expect(same.value).toBe(2);
    expect(same.high - same.low).toBeLessThan(1e-9);
    const noisy = pairedRatio([1, 3, 1, 3, 1, 3, 1], drift, 500);
    expect(noisy.high / noisy.low).toBeGreaterThan(1.5);
  });

  test("the same samples give the same interval", () => {
    expect(pairedRatio([3, 4, 5, 9], [1, 2, 2, 1], 200)).toEqual(pairedRatio([3, 4, 5, 9], [1, 2, 2, 1], 200));
  });
});
