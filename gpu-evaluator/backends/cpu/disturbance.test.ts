import { expect, test } from "vitest";
import { isTooBusy, othersDoing, widened, withoutClaim } from "./disturbance.ts";

const QUIET = { repeated: 1, drift: 1, ownWait: 0, baselineWait: 0 };

test("a quiet machine leaves an interval as it is", () => {
  const ratio = { value: 2, low: 1.9, high: 2.1 };
  expect(widened(ratio, QUIET)).toEqual(ratio);
  expect(isTooBusy(QUIET)).toBe(false);
});

test("waiting for a core, and a baseline that differs from itself, widen it", () => {
  const ratio = { value: 2, low: 1.9, high: 2.1 };
  expect(widened(ratio, { ...QUIET, baselineWait: 0.1 }).low).toBeCloseTo(1.71);
  expect(widened(ratio, { ...QUIET, ownWait: 0.2 }).high).toBeCloseTo(2.625);
  for (const repeated of [1.2, 1 / 1.2]) {
    const { low, high } = widened(ratio, { ...QUIET, repeated });
    expect([low, high]).toEqual([expect.closeTo(1.9 / 1.2), expect.closeTo(2.1 * 1.2)]);
  }
});

test.each([
  ["the baseline differs from itself", { ...QUIET, repeated: 3 }],
  ["the same process changed its speed", { ...QUIET, drift: 1 / 3 }],
  ["the candidate waited", { ...QUIET, ownWait: 0.4 }],
  ["the baseline waited", { ...QUIET, baselineWait: 0.4 }],
])("where %s too much, nothing is claimed", (_why, disturbance) => {
  expect(isTooBusy(disturbance)).toBe(true);
  expect(withoutClaim(widened({ value: 38, low: 28, high: 46 }, disturbance)).low).toBeLessThanOrEqual(1);
  expect(withoutClaim(widened({ value: 0.1, low: 0.05, high: 0.2 }, disturbance)).high).toBeGreaterThanOrEqual(1);
});

test("what a candidate waits for itself is not the machine's doing", () => {
  const own = { ...QUIET, ownWait: 0.9 };
  expect(isTooBusy(othersDoing(own, 0.05))).toBe(false);
  // Too little to be too busy, and no more of a disturbance: threads of OpenMP that spin.
  const spinning = { ...QUIET, ownWait: 0.19, baselineWait: 0.01 };
  expect(widened({ value: 6, low: 5.9, high: 6.1 }, othersDoing(spinning, 0.05)).high).toBeCloseTo(6.1 / 0.99);
  expect(widened({ value: 6, low: 5.9, high: 6.1 }, othersDoing(spinning, 0.5)).high).toBeCloseTo(6.1 / 0.81);
  expect(isTooBusy(othersDoing(own, 0.5))).toBe(true);
  expect(isTooBusy(othersDoing(own, null))).toBe(true);
  expect(isTooBusy(othersDoing({ ...own, baselineWait: 0.4 }, 0.05))).toBe(true);
});
