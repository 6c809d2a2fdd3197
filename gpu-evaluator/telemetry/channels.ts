/** What an evaluator tells of each evaluation while it works. */
import { openChannel } from "@kevo/core/telemetry/channel.ts";
import type { StageName } from "@kevo/proto/attempt.ts";
import type { EvaluatorFault } from "@kevo/proto/evaluator-fault.ts";
import type { EvaluateRequest } from "@kevo/proto/evaluator-service.ts";

interface EvaluationId {
  readonly candidate: string;
  readonly attempt: number;
}

export const evaluationStarted = openChannel<EvaluationId & { readonly traceparent: string | undefined }>(
  "evaluator.started",
);
export const stageReached = openChannel<EvaluationId & { readonly stage: StageName }>("evaluator.stage");
export const evaluationEnded = openChannel<
  EvaluationId & {
    /** Null where it has none. */
    readonly outcome: string | null;
    readonly fault: EvaluatorFault | null;
    readonly seconds: number;
  }
>("evaluator.ended");

const IDLE = { stage: (_: StageName) => {}, ended: (_outcome: string | null, _fault: EvaluatorFault | null) => {} };
export type ToldEvaluation = typeof IDLE;

/** Tells of one evaluation, if anybody listens. */
export function tellEvaluation(request: EvaluateRequest, traceparent: string | undefined): ToldEvaluation {
  if (!evaluationEnded.heard && !evaluationStarted.heard) return IDLE;
  const id = { candidate: request.candidate ?? "", attempt: request.attempt ?? 0 };
  const startedAt = performance.now();
  evaluationStarted.send({ ...id, traceparent });
  return {
    stage: (stage) => stageReached.send({ ...id, stage }),
    ended: (outcome, fault) =>
      evaluationEnded.send({ ...id, outcome, fault, seconds: (performance.now() - startedAt) / 1000 }),
  };
}
