/** A candidate's place in a ranking. */
import { isBetter, type Objective } from "@kevo/proto/objective.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { z } from "zod";
import { combine } from "../combine.ts";
import { type ObjectiveValue, objectiveValue } from "../run-objective.ts";
import type { CandidateRow, CandidateTiming } from "./timed-candidates.ts";

/** A candidate's place, with names as in the final line of `coordinator start --json`. */
export interface Ranked {
  readonly candidate: string;
  readonly config: Config;
  /** Geometric mean over the workloads of its niche; null in replay. */
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** Geometric mean of the workloads' times, milliseconds; null where a recording has none. */
  readonly time_ms: number | null;
  /** The objective of a recording; absent where that is the time. */
  readonly objective?: ObjectiveValue | undefined;
  readonly island: number;
  readonly batch: number;
  readonly proposer: string;
  /** How often it was measured again, complete rounds only; 0 for a single evaluation. */
  readonly rounds: number;
}

export function place(
  row: CandidateRow,
  timings: readonly CandidateTiming[],
  objective: Objective | undefined,
): Ranked {
  const { timeMs, speedup, speedupLow, speedupHigh } = combine(timings);
  return {
    candidate: row.id,
    config: JSON.parse(row.config),
    speedup,
    speedup_low: speedupLow,
    speedup_high: speedupHigh,
    time_ms: timeMs,
    ...(objective !== undefined && { objective: metricIn(timings[0]?.metrics, objective) }),
    island: row.island,
    batch: row.batch,
    proposer: row.proposer,
    rounds: timings.every(({ round }) => round === 0) ? 0 : new Set(timings.map(({ round }) => round)).size,
  };
}

/** A recording has one workload, and is measured once. */
export function metricIn(metrics: string | undefined, objective: Objective): ObjectiveValue {
  const values = z.record(z.string(), z.number()).parse(JSON.parse(metrics ?? "{}"));
  return objectiveValue(objective, values[objective.name] ?? Number.NaN);
}

/** Larger speedup first; without speedups, the better value of the objective, or the smaller time. */
export function better(a: Ranked, b: Ranked): number {
  if (a.objective !== undefined && b.objective !== undefined) {
    return isBetter(a.objective.value, b.objective.value, a.objective) ? -1 : 1;
  }
  if (a.speedup !== null && b.speedup !== null) return b.speedup - a.speedup;
  return (a.time_ms ?? Number.POSITIVE_INFINITY) - (b.time_ms ?? Number.POSITIVE_INFINITY);
}
