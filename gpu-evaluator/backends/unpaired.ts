/** Measurements of backends that have no baseline, and that time nothing themselves. */
import type { Measured } from "./backend.ts";

interface Known {
  readonly workload: string;
  /** By name; the objective of the run is one of them. */
  readonly metrics: Record<string, number>;
  /** Milliseconds. */
  readonly time_ms?: number | null;
  readonly samples?: number[];
}

/** A measurement of which nothing is known but what is given. */
export function unpaired(known: Known): Measured["measurements"][number] {
  return {
    time_ms: null,
    baseline_ms: null,
    baseline: null,
    speedup: null,
    speedup_low: null,
    speedup_high: null,
    gflops: null,
    peak_share: null,
    gbytes_per_s: null,
    bandwidth_share: null,
    bandwidth_of: null,
    error: null,
    samples: [],
    others: {},
    ...known,
  };
}
