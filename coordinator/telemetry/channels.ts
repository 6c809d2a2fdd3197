/** What a coordinator tells of its run while it carries it out. */
import { type Carrier, openChannel } from "@kevo/core/telemetry/channel.ts";
import type { StageName } from "@kevo/proto/attempt.ts";
import type { BatchRefusal } from "@kevo/proto/messages/batch.ts";
import type { Outcome } from "@kevo/proto/outcome.ts";

export interface BatchId {
  readonly run: string;
  readonly island: number;
  readonly k: number;
}

export interface BatchOffered extends BatchId {
  readonly worker: string;
  /** Trace context of the worker's span; absent where it makes none. */
  readonly traceparent: string | undefined;
}

export interface BatchAnswered extends BatchId {
  readonly worker: string;
  readonly status: "accepted" | "held" | "refused";
  readonly refusal: BatchRefusal | null;
  readonly proposals: number;
  /** From the request to the answer, which is true on the disk. */
  readonly seconds: number;
}

export interface AttemptId {
  readonly candidate: string;
  readonly attempt: number;
  readonly evaluator: string;
  readonly purpose: "search" | "finalist";
}

export interface AttemptStarted extends AttemptId {
  /** Travels with the call. */
  readonly carrier: Carrier;
}

export interface AttemptEnded extends AttemptId {
  readonly end: "result" | "refused" | "busy" | "rejected" | "unusable" | "lost" | "cancelled";
  /** The last stage that was heard of. */
  readonly stage: StageName | null;
  readonly seconds: number;
}

export interface EvaluationCounted {
  readonly candidate: string;
  readonly attempt: number;
  readonly outcome: Outcome;
  /** From the result's arrival until it is on the disk. */
  readonly seconds: number;
}

export const batchOffered = openChannel<BatchOffered>("coordinator.batch-offered");
export const batchAnswered = openChannel<BatchAnswered>("coordinator.batch-answered");
export const attemptStarted = openChannel<AttemptStarted>("coordinator.attempt-started");
export const attemptEnded = openChannel<AttemptEnded>("coordinator.attempt-ended");
export const evaluationCounted = openChannel<EvaluationCounted>("coordinator.evaluation-counted");
