import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine, type Timing } from "./combine.ts";

const timing = (speedup: number, low: number, high: number, workload = "w"): Timing => ({
  workload,
  timeMs: 10 / speedup,
  baselineMs: 10,
  speedup,
  speedupLow: low,
  speedupHigh: high,
});

describe("combining measurements", () => {
  it("halves the interval of a mean over four workloads", () => {
    const all = ["a", "b", "c", "d"].map((workload) => timing(2, 2 / 1.1, 2 * 1.1, workload));
    const { speedup, speedupLow, speedupHigh } = combine(all);
    expect(speedup).toBeCloseTo(2);
    expect(speedupLow).toBeCloseTo(2 / Math.sqrt(1.1));
    expect(speedupHigh).toBeCloseTo(2 * Math.sqrt(1.1));
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
    const bare = { workload: "w", timeMs: 3, baselineMs: null, speedup: null, speedupLow: null, speedupHigh: null };
    expect(combine([bare, timing(2, 1.9, 2.1)])).toMatchObject({ speedup: null, speedupLow: null, baselineMs: null });
    expect(combine([bare]).timeMs).toBeCloseTo(3);
  });
});
