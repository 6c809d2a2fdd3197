import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine, type Timing } from "./combine.ts";

const timing = (speedup: number, low: number, high: number): Timing => ({
  timeMs: 10 / speedup,
  baselineMs: 10,
  speedup,
  speedupLow: low,
  speedupHigh: high,
});

describe("combining measurements", () => {
  it("has the geometric means of both ends as its interval", () => {
    const { speedup, speedupLow, speedupHigh } = combine([timing(2, 1.8, 2.5), timing(8, 7.2, 10)]);
    expect(speedup).toBeCloseTo(4);
    expect(speedupLow).toBeCloseTo(3.6);
    expect(speedupHigh).toBeCloseTo(5);
  });

  it("makes no claim of two workloads that allow none", () => {
    const { speedup, speedupLow } = combine([timing(3.1, 0.9, 8.75), timing(2.4, 0.96, 6.04)]);
    expect(speedup).toBeGreaterThan(2);
    expect(speedupLow).toBeLessThanOrEqual(1);
  });

  it("says of one timing what it says itself", () => {
    expect(combine([timing(2, 1.8, 2.5)])).toEqual({
      ...{ timeMs: Math.exp(Math.log(5)), baselineMs: Math.exp(Math.log(10)) },
      ...{ speedup: Math.exp(Math.log(2)), speedupLow: Math.exp(Math.log(1.8)), speedupHigh: Math.exp(Math.log(2.5)) },
    });
  });

  it("makes no claim of rounds that allow none, however often they are repeated", () => {
    const rounds = [timing(4, 0.9, 8), timing(5, 0.95, 7), timing(6, 1, 9)];
    const { speedupLow, speedupHigh } = combine(rounds);
    expect(speedupLow).toBeLessThanOrEqual(1);
    expect(speedupHigh).toBeCloseTo(Math.cbrt(8 * 7 * 9));
  });

  it("has its mean inside its interval, and no interval wider than the widest it was made of", () => {
    const ratio = fc.double({ min: 1, max: 3, noNaN: true });
    const any = fc.tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), ratio, ratio);
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 12 }), (all) => {
        const combined = combine(all.map(([s, below, above]) => timing(s, s / below, s * above)));
        const { speedup, speedupLow, speedupHigh } = combined;
        const [mean, low, high] = [speedup, speedupLow, speedupHigh] as [number, number, number];
        const within = 1 + 1e-9;
        expect(low).toBeLessThanOrEqual(mean * within);
        expect(high).toBeGreaterThanOrEqual(mean / within);
        expect(mean / low).toBeLessThanOrEqual(Math.max(...all.map(([, b]) => b)) * within);
      }),
    );
  });

  it("has no speedup where one timing has none", () => {
    const bare = { timeMs: 3, baselineMs: null, speedup: null, speedupLow: null, speedupHigh: null };
    expect(combine([bare, timing(2, 1.9, 2.1)])).toMatchObject({ speedup: null, speedupLow: null, baselineMs: null });
    expect(combine([bare]).timeMs).toBeCloseTo(3);
  });
});
