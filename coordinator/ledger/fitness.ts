/** The fitness of a candidate. Larger is better. */
import { fitnessOfValue, type Objective } from "@kevo/proto/objective.ts";
import type { ReportedMeasurement } from "@kevo/proto/outcome.ts";

export interface Worth {
  readonly fitness: number;
  /** Geometric mean of the workloads' times, milliseconds; null where a recording of something else has none. */
  readonly timeMs: number | null;
}

type Measured = Pick<ReportedMeasurement, "time_ms" | "speedup"> & Partial<Pick<ReportedMeasurement, "metrics">>;

/**
 * Geometric mean of the speedups over all workloads measured; where a workload has no baseline (replay),
 * 1 / geometric mean of the times, or what a recording was tuned for.
 */
export function worthOf(measurements: readonly Measured[], objective: Objective | undefined): Worth | null {
  if (measurements.length === 0) return null;
  const times = known(measurements.map((m) => m.time_ms));
  const timeMs = times === null ? null : geometricMean(times);
  if (objective !== undefined) {
    const values = known(measurements.map(({ metrics }) => metrics?.[objective.name] ?? null));
    if (values === null) return null;
    return { fitness: geometricMean(values.map((value) => fitnessOfValue(value, objective))), timeMs };
  }
  const speedups = known(measurements.map((m) => m.speedup));
  if (speedups !== null) return { fitness: geometricMean(speedups), timeMs };
  return timeMs === null ? null : { fitness: 1 / timeMs, timeMs };
}

/** Null where any is. */
function known(values: readonly (number | null)[]): number[] | null {
  const found = values.filter((value) => value !== null);
  return found.length === values.length ? found : null;
}

function geometricMean(values: readonly number[]): number {
  // One value stays what it is, to the last digit.
  if (values.length === 1) return values[0] as number;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
