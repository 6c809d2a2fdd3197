/** The verdict of an evaluation on a genome: an evaluated entry of a log without its place in it. */
import type { EvaluatedEntry } from "@kevo/proto/log.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { worthOf } from "./fitness.ts";
import type { EvaluationRecord } from "./records.ts";

export type Verdict = Pick<EvaluatedEntry, "outcome" | "fitness" | "time_ms" | "measurements" | "message" | "device">;

/** `cached`: another candidate's evaluation answered this one. */
export type Answer = Verdict & Pick<EvaluatedEntry, "cached">;

export function verdictOf(record: EvaluationRecord, { objective }: Pick<RunSpec, "objective">): Verdict {
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
