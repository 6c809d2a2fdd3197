/** One span for each evaluation, with its stages inside, as a part of the coordinator's trace. */
import type { Span, Tracer } from "@kevo/core/telemetry/tracer.ts";
import { evaluationEnded, evaluationStarted, stageReached } from "../telemetry/channels.ts";

const keyOf = ({ candidate, attempt }: { readonly candidate: string; readonly attempt: number }) =>
  `${candidate} ${attempt}`;

export function traceEvaluations(tracer: Tracer): Disposable {
  const stack = new DisposableStack();
  const open = new Map<string, { readonly whole: Span; stage: Span | null }>();
  stack.use(
    evaluationStarted.listen((started) => {
      const attributes = { "kevo.candidate": started.candidate, "kevo.attempt": started.attempt };
      const whole = tracer.start("evaluate", { kind: "server", parent: started.traceparent, attributes });
      open.set(keyOf(started), { whole, stage: null });
    }),
  );
  stack.use(
    stageReached.listen((reached) => {
      const evaluation = open.get(keyOf(reached));
      if (evaluation === undefined) return;
      evaluation.stage?.end();
      evaluation.stage = tracer.start(reached.stage.toLowerCase(), { parent: evaluation.whole.traceparent });
    }),
  );
  stack.use(
    evaluationEnded.listen((ended) => {
      const evaluation = open.get(keyOf(ended));
      open.delete(keyOf(ended));
      evaluation?.stage?.end();
      const { outcome, fault } = ended;
      evaluation?.whole.end({ "kevo.outcome": outcome ?? "", "kevo.fault": fault ?? "" }, fault);
    }),
  );
  return stack;
}
