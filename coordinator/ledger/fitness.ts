/** What a candidate is worth. Larger is better. */
import type { Measurement } from "@kevo/proto/outcome.ts";

export interface Worth {
  readonly fitness: number;
  /** Geometric mean of the workloads' times, milliseconds. */
  readonly timeMs: number;
}

/**
 * Geometric mean of the speedups over all workloads measured; where a workload has no baseline (replay),
 * 1 / geometric mean of the times.
 */
export function worthOf(measurements: readonly Pick<Measurement, "time_ms" | "speedup">[]): Worth | null {
  if (measurements.length === 0) return null;
  const timeMs = geometricMean(measurements.map((m) => m.time_ms));
  const speedups = measurements.map((m) => m.speedup);
  const fitness = speedups.every((s) => s !== null) ? geometricMean(speedups) : 1 / timeMs;
  return { fitness, timeMs };
}

function geometricMean(values: readonly number[]): number {
  // One value stays what it is, to the last digit.
  if (values.length === 1) return values[0] as number;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
