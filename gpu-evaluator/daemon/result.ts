/** From what a backend says to what goes over the wire. */
import { cut } from "@kevo/core/text/cut.ts";
import type { Result } from "@kevo/proto/evaluator-service.ts";
import type { KernelResources } from "@kevo/proto/kernel-resources.ts";
import { measurementMessage } from "@kevo/proto/measurement-codec.ts";
import { MAX_MESSAGE_CHARACTERS } from "@kevo/proto/outcome.ts";
import type { Device, Failure, Measured } from "../backends/backend.ts";

export interface EvaluationDetails {
  readonly device: Device | null;
  readonly deviceModel: string;
  readonly toolchain: string;
  readonly compileMs: number;
  readonly laneMs: number;
  readonly queuedMs: number;
  readonly resources: readonly KernelResources[];
}

export function resultMessage(found: Measured | Failure, at: EvaluationDetails): Result {
  const failed = found.outcome !== "ok";
  return {
    outcome: found.outcome,
    message: failed ? cut(found.message, MAX_MESSAGE_CHARACTERS) : "",
    measurements: failed ? [] : found.measurements.map(measurementMessage),
    stoppedEarly: failed ? false : found.stoppedEarly,
    environmentJson: failed || found.environment === undefined ? "" : JSON.stringify(found.environment),
    device: at.device?.id ?? "",
    deviceModel: at.deviceModel,
    toolchain: at.toolchain,
    compileMs: at.compileMs,
    laneMs: at.laneMs,
    queuedMs: at.queuedMs,
    resources: at.resources.map(
      ({ spill_bytes: spillBytes, shared_bytes: sharedBytes, instructions = {}, ...rest }) => ({
        ...rest,
        spillBytes,
        sharedBytes,
        instructions,
      }),
    ),
  };
}
