/** An evaluator's answer, validated and turned into a record of the ledger. */

import { describeIssues } from "@kevo/core/errors/issues.ts";
import { cut } from "@kevo/core/text/cut.ts";
import type { Result__Output } from "@kevo/proto/evaluator-service.ts";
import { measurementConditions } from "@kevo/proto/event.ts";
import { type KernelResources, resourcesOfCandidate } from "@kevo/proto/kernel-resources.ts";
import { measurementOfMessage } from "@kevo/proto/measurement-codec.ts";
import { MAX_MESSAGE_CHARACTERS, outcome, type ReportedMeasurement } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import type { EvaluationRecord } from "../ledger/records.ts";

const textOrNull = z.string().transform((text) => (text === "" ? null : text));

const wireResult = z.object({
  outcome,
  message: z.string().transform((text) => (text === "" ? null : cut(text, MAX_MESSAGE_CHARACTERS))),
  measurements: z.array(measurementOfMessage),
  device: textOrNull,
  deviceModel: textOrNull,
  toolchain: textOrNull,
  compileMs: z.number(),
  laneMs: z.number(),
  queuedMs: z.number(),
  resources: z
    .array(
      z.object({
        ...{ name: z.string(), registers: z.int(), spillBytes: z.int(), sharedBytes: z.int(), warps: z.int() },
        instructions: z.record(z.string(), z.int()).optional(),
      }),
    )
    .transform((all) =>
      all.map(
        ({ spillBytes: spill_bytes, sharedBytes: shared_bytes, instructions = {}, ...rest }): KernelResources => ({
          ...rest,
          spill_bytes,
          shared_bytes,
          instructions: Object.keys(instructions).length > 0 ? instructions : undefined,
        }),
      ),
    )
    .pipe(resourcesOfCandidate),
  stoppedEarly: z.boolean(),
  environmentJson: textOrNull.transform((text, context) => {
    try {
      return text === null ? null : measurementConditions.parse(JSON.parse(text));
    } catch (error) {
      context.addIssue({ code: "custom", message: `not a JSON object: ${(error as Error).message}` });
      return z.NEVER;
    }
  }),
});

/**
 * @returns the record, or a message about why the answer is malformed: not of the wire's form, or, being `ok`, not
 *   timing exactly the workloads that were asked for.
 */
export function recordOf(
  candidate: string,
  attempt: number,
  evaluator: string,
  workloads: readonly string[],
  wire: Result__Output,
): EvaluationRecord | { readonly malformed: string } {
  const { data, error } = wireResult.safeParse(wire);
  if (error) {
    return { malformed: describeIssues(error) };
  }
  if (data.outcome === "ok" && !sameNames(workloads, data.measurements)) {
    const timed = data.measurements.map((m) => m.workload).join(", ") || "none";
    return { malformed: `it has times for ${timed}, but ${workloads.join(", ")} were requested` };
  }
  const { environmentJson: conditions, ...found } = data;
  return { candidate, attempt, evaluator, ...found, conditions };
}

function sameNames(workloads: readonly string[], measurements: readonly ReportedMeasurement[]): boolean {
  if (measurements.length !== workloads.length) return false;
  const timed = new Set(measurements.map((m) => m.workload));
  return workloads.every((name) => timed.has(name));
}

/** The record of a candidate that never got a result. */
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
    resources: [],
    stoppedEarly: false,
  };
}
