/** Spans of a run: a worker's batch, its acceptance, each attempt, and the commit that counts it, in one trace. */
import type { Span, Tracer } from "@kevo/core/telemetry/tracer.ts";
import {
  type AttemptId,
  attemptEnded,
  attemptStarted,
  type BatchId,
  batchAnswered,
  batchOffered,
  evaluationCounted,
} from "../telemetry/channels.ts";

/** Traces of batches that are kept for their candidates' attempts. Older ones begin traces of their own. */
const MAX_BATCHES = 4_096;

const keyOf = ({ run, island, k }: BatchId) => `${run}/${island}/${k}`;
/** The id of a candidate begins with that of its batch. */
const batchOf = (candidate: string) => candidate.slice(0, candidate.lastIndexOf("/"));
const attemptKey = ({ candidate, attempt, purpose }: AttemptId) => `${purpose} ${candidate} ${attempt}`;

export function traceRun(tracer: Tracer): Disposable {
  const stack = new DisposableStack();
  const offers = new Map<string, Span>();
  const batches = new Map<string, string>();
  const attempts = new Map<string, Span>();
  /** Those whose result waits for its commit. */
  const arrived = new Map<string, string>();

  stack.use(
    batchOffered.listen((batch) => {
      const { island, k, worker, traceparent } = batch;
      const attributes = { "kevo.run": batch.run, "kevo.island": island, "kevo.batch": k, "kevo.worker": worker };
      const span = tracer.start("accept batch", { kind: "server", parent: traceparent, attributes });
      offers.set(keyOf(batch), span);
      // Its candidates may start before the answer is out.
      remember(batches, keyOf(batch), span.traceparent);
    }),
  );
  stack.use(
    batchAnswered.listen((batch) => {
      const span = offers.get(keyOf(batch));
      offers.delete(keyOf(batch));
      const answer = batch.refusal ?? batch.status;
      span?.end({ "kevo.answer": answer, "kevo.proposals": batch.proposals });
    }),
  );
  stack.use(
    attemptStarted.listen(({ carrier, ...id }) => {
      const attributes = {
        "kevo.candidate": id.candidate,
        "kevo.attempt": id.attempt,
        "kevo.evaluator": id.evaluator,
        "kevo.purpose": id.purpose,
      };
      const parent = batches.get(batchOf(id.candidate));
      const span = tracer.start("attempt", { kind: "client", parent, attributes });
      attempts.set(attemptKey(id), span);
      carrier.traceparent = span.traceparent;
    }),
  );
  stack.use(
    attemptEnded.listen(({ end, stage, ...id }) => {
      const span = attempts.get(attemptKey(id));
      if (span === undefined) return;
      attempts.delete(attemptKey(id));
      if (id.purpose === "search" && end === "result") remember(arrived, id.candidate, span.traceparent);
      span.end({ "kevo.end": end, "kevo.stage": stage ?? "" }, end === "lost" || end === "unusable" ? end : null);
    }),
  );
  stack.use(
    evaluationCounted.listen(({ candidate, attempt, outcome, seconds }) => {
      const parent = arrived.get(candidate);
      arrived.delete(candidate);
      const attributes = { "kevo.candidate": candidate, "kevo.attempt": attempt, "kevo.outcome": outcome };
      tracer.start("count evaluation", { parent, agoS: seconds, attributes }).end();
    }),
  );
  return stack;
}

/** Forgets the oldest beyond the limit. */
function remember(map: Map<string, string>, key: string, traceparent: string): void {
  map.delete(key);
  map.set(key, traceparent);
  const [oldest] = map.keys();
  if (map.size > MAX_BATCHES && oldest !== undefined) map.delete(oldest);
}
