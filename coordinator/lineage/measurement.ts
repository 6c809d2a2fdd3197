/** A stored row as the measurement that it was. */
import type { Measurement } from "@kevo/proto/outcome.ts";
import type { measurements } from "./schema.ts";

export function measurementOf(row: typeof measurements.$inferSelect): Measurement {
  return {
    workload: row.workload,
    time_ms: row.timeMs,
    baseline_ms: row.baselineMs,
    baseline: row.baseline,
    speedup: row.speedup,
    speedup_low: row.speedupLow,
    speedup_high: row.speedupHigh,
    gflops: row.gflops,
    peak_share: row.peakShare,
    error: row.error,
    samples: JSON.parse(row.samples),
    others: JSON.parse(row.others),
  };
}
