/**
 * Several measurements of one candidate as one number with a confidence interval. Works on logarithms, since
 * speedups are ratios: the geometric mean of speedups is the exponential of the mean of their logarithms.
 */

/** One workload, timed once. */
export interface Timing {
  readonly workload: string;
  /** Milliseconds; null where a recording has no time. */
  readonly timeMs: number | null;
  readonly baselineMs: number | null;
  readonly speedup: number | null;
  readonly speedupLow: number | null;
  readonly speedupHigh: number | null;
}

export interface Combined {
  readonly timeMs: number | null;
  readonly baselineMs: number | null;
  readonly speedup: number | null;
  readonly speedupLow: number | null;
  readonly speedupHigh: number | null;
}

/**
 * Geometric mean over every timing given; workloads and rounds weigh the same. Half-widths of the logarithms are combined,
 * below and above apart, so that the mean always lies inside its interval. Rounds of one workload are measured on the same
 * machine beside the same processes of the baselines, so their errors are taken as equal: the mean of the half-widths. Those
 * of different workloads are taken as independent, and added in quadrature. A speedup is null where any timing has none.
 *
 * @throws RangeError when there is no timing.
 */
export function combine(timings: readonly Timing[]): Combined {
  if (timings.length === 0) throw new RangeError("no timing to combine");
  const speedup = meanLog(timings.map((t) => t.speedup));
  const low = halfWidth(timings, (t) => distance(t.speedupLow, t.speedup));
  const high = halfWidth(timings, (t) => distance(t.speedup, t.speedupHigh));
  return {
    timeMs: exp(meanLog(timings.map((t) => t.timeMs))),
    baselineMs: exp(meanLog(timings.map((t) => t.baselineMs))),
    speedup: exp(speedup),
    speedupLow: speedup === null || low === null ? null : Math.exp(speedup - low),
    speedupHigh: speedup === null || high === null ? null : Math.exp(speedup + high),
  };
}

function meanLog(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length < values.length) return null;
  return known.reduce((sum, value) => sum + Math.log(value), 0) / known.length;
}

function halfWidth(timings: readonly Timing[], widthOf: (timing: Timing) => number | null): number | null {
  const sums = new Map<string, number>();
  for (const timing of timings) {
    const width = widthOf(timing);
    if (width === null) return null;
    sums.set(timing.workload, (sums.get(timing.workload) ?? 0) + width);
  }
  return Math.hypot(...sums.values()) / timings.length;
}

function distance(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.log(to) - Math.log(from);
}

function exp(value: number | null): number | null {
  return value === null ? null : Math.exp(value);
}
