/** The verdict of an evaluation on a genome: an evaluated entry of a log without its place in it. */
import type { EvaluatedEntry } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { worthOf } from "./fitness.ts";
import type { EvaluationRecord } from "./records.ts";

export type Verdict = Pick<EvaluatedEntry, "outcome" | "fitness" | "time_ms" | "measurements" | "message" | "device">;

/** `cached`: another candidate's evaluation answered this one. */
export type Answer = Verdict & Pick<EvaluatedEntry, "cached">;

export function verdictOf(
  record: Pick<EvaluationRecord, "outcome" | "message" | "measurements" | "deviceModel">,
  { objective }: Pick<RunSpec, "objective">,
): Verdict {
  const worth = record.outcome === "ok" ? worthOf(record.measurements, objective) : null;
  return {
    outcome: record.outcome,
    fitness: worth?.fitness ?? null,
    time_ms: worth?.timeMs ?? null,
    measurements: record.measurements.map(({ workload, time_ms, speedup, peak_share }) => ({
      workload,
      time_ms,
      speedup,
      ...(peak_share !== null && { peak_share }),
    })),
    message: record.message,
    device: record.deviceModel,
  };
}

/** The verdicts of a run's evaluations, for candidates whose genome was evaluated before. */
export interface Verdicts {
  /** Called once for each evaluation; one that reads them from a database ignores it. */
  keep(candidate: string, verdict: Verdict): void;
  /** @throws Error for a candidate that was not evaluated. */
  of(candidate: string): Verdict;
}

export function verdictsInMemory(): Verdicts {
  const kept = new Map<string, Verdict>();
  return {
    keep: (candidate, verdict) => void kept.set(candidate, verdict),
    of: (candidate) => kept.get(candidate) ?? unknownVerdict(candidate),
  };
}

export function unknownVerdict(candidate: string): never {
  throw new Error(`${candidate} has no evaluation`);
}
