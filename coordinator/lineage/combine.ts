/**
 * Several measurements of one candidate as one number with a confidence interval. Works on logarithms, since
 * speedups are ratios: the geometric mean of speedups is the exponential of the mean of their logarithms.
 */

/** One timing of one workload, or several combined. */
export interface Timing {
  /** Milliseconds; null where a recording has no time. */
  readonly timeMs: number | null;
  readonly baselineMs: number | null;
  readonly speedup: number | null;
  readonly speedupLow: number | null;
  readonly speedupHigh: number | null;
}

/**
 * Geometric mean over every timing given, of each value and of both ends of the interval; workloads and rounds weigh the
 * same. The mean of the ends holds however the errors depend on each other. Narrower ends, as of independent errors, would
 * be wrong: rounds and workloads are measured on one machine, whose noise moves them together. So where no timing makes a
 * claim, all of them together make none. A value is null where any timing has none.
 *
 * @throws RangeError when there is no timing.
 */
export function combine(timings: readonly Timing[]): Timing {
  if (timings.length === 0) throw new RangeError("no timing to combine");
  return {
    timeMs: geometricMean(timings, "timeMs"),
    baselineMs: geometricMean(timings, "baselineMs"),
    speedup: geometricMean(timings, "speedup"),
    speedupLow: geometricMean(timings, "speedupLow"),
    speedupHigh: geometricMean(timings, "speedupHigh"),
  };
}

/** A loop without arrays: a ranking combines the timings of each of a hundred thousand candidates. */
function geometricMean(timings: readonly Timing[], of: keyof Timing): number | null {
  let sum = 0;
  for (const timing of timings) {
    const value = timing[of];
    if (value === null) return null;
    sum += Math.log(value);
  }
  return Math.exp(sum / timings.length);
}
