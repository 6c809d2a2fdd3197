/** An evaluator's answer, validated and turned into a record of the ledger. */
import type { Result__Output } from "@kevo/proto/evaluator-service.ts";
import { type Measurement, outcome } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import type { EvaluationRecord } from "../ledger/records.ts";

const positiveOrNull = z.number().transform((value) => (value > 0 ? value : null));
const textOrNull = z.string().transform((text) => (text === "" ? null : text));

const wireMeasurement = z
  .object({
    workload: z.string(),
    timeMs: z.number().positive(),
    baselineMs: positiveOrNull,
    baseline: textOrNull,
    speedup: positiveOrNull,
    speedupLow: positiveOrNull,
    speedupHigh: positiveOrNull,
    gflops: positiveOrNull,
    peakShare: positiveOrNull,
    error: z.number().nonnegative(),
    samples: z.array(z.number()),
    others: z.record(z.string(), z.number()),
  })
  .transform(
    (m): Measurement => ({
      workload: m.workload,
      time_ms: m.timeMs,
      baseline_ms: m.baselineMs,
      baseline: m.baseline,
      speedup: m.speedup,
      speedup_low: m.speedupLow,
      speedup_high: m.speedupHigh,
      gflops: m.gflops,
      peak_share: m.peakShare,
      error: m.error,
      samples: m.samples,
      others: m.others,
    }),
  );

const wireResult = z.object({
  outcome,
  message: z.string().transform((text) => (text === "" ? null : text.slice(0, 4000))),
  measurements: z.array(wireMeasurement),
  device: textOrNull,
  deviceModel: textOrNull,
  toolchain: textOrNull,
  compileMs: z.number(),
  laneMs: z.number(),
  queuedMs: z.number(),
  stoppedEarly: z.boolean(),
});

/** @throws ZodError when the answer is malformed or, being `ok`, does not time exactly the workloads asked for. */
export function recordOf(
  candidate: string,
  attempt: number,
  evaluator: string,
  workloads: readonly string[],
  wire: Result__Output,
): EvaluationRecord {
  const parsed = wireResult
    .refine(
      (r) => r.outcome !== "ok" || sameNames(workloads, r.measurements),
      "a result that is ok times each workload that was asked for, once",
    )
    .parse(wire);
  return { candidate, attempt, evaluator, ...parsed };
}

function sameNames(workloads: readonly string[], measurements: readonly Measurement[]): boolean {
  const timed = measurements.map((m) => m.workload).sort();
  return JSON.stringify(timed) === JSON.stringify([...workloads].sort());
}

/** The record of a candidate that never got a result of its own. */
export function recordWithoutResult(
  candidate: string,
  attempt: number,
  evaluator: string,
  how: "invalid" | "crashed",
  message: string,
): EvaluationRecord {
  return {
    candidate,
    attempt,
    evaluator,
    outcome: how,
    message,
    measurements: [],
    device: null,
    deviceModel: null,
    toolchain: null,
    compileMs: null,
    laneMs: null,
    queuedMs: null,
    stoppedEarly: false,
  };
}
