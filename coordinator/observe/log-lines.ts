/** A run as JSON lines: what is said to people, and at the level info each batch, attempt and evaluation. */
import type { Logger } from "@kevo/core/logging/logger.ts";
import { splitCandidateId } from "../ledger/island-ledger.ts";
import type { Progress } from "../progress/progress.ts";
import type { RunSnapshot } from "../snapshot/snapshot.ts";
import { attemptEnded, batchAnswered, evaluationCounted } from "../telemetry/channels.ts";

/** Each line names the run, the island, and where there is one the candidate and the attempt. */
export function logRun(logger: Logger, run: string): Disposable {
  const stack = new DisposableStack();
  stack.use(
    batchAnswered.listen(({ island, k, worker, status, refusal, proposals, seconds }) =>
      logger.info({ run, island, batch: k, worker, answer: refusal ?? status, proposals, seconds }, "batch answered"),
    ),
  );
  stack.use(
    attemptEnded.listen(({ candidate, attempt, evaluator, purpose, end, stage, seconds }) => {
      const { island } = splitCandidateId(candidate);
      const fields = { run, island, candidate, attempt, evaluator, purpose, end, stage, seconds };
      if (end === "lost" || end === "unusable") logger.warn(fields, "attempt ended without a result");
      else logger.info(fields, "attempt ended");
    }),
  );
  stack.use(
    evaluationCounted.listen(({ candidate, attempt, outcome, seconds }) => {
      const { island } = splitCandidateId(candidate);
      logger.info({ run, island, candidate, attempt, outcome, commitSeconds: seconds }, "evaluation counted");
    }),
  );
  return stack;
}

const EVERY_MS = 10_000;

/** For `--log-format json`: notes are lines at any level, so that nothing of a run is lost in a log. */
export function jsonLines(logger: Logger, run: string, now: () => number = () => performance.now()): Progress {
  const own = logger.child({}, { level: logger.isLevelEnabled("info") ? logger.level : "info" });
  let saidAt = Number.NEGATIVE_INFINITY;
  let phase = "";
  let latest: RunSnapshot | null = null;
  let said: RunSnapshot | null = null;
  const say = (snapshot: RunSnapshot) => {
    const { evaluated, budget, cached, perSecond, remainingS, best, waiting } = snapshot;
    const fields = { run, phase: snapshot.phase, evaluated, budget, cached, perSecond, remainingS, waiting };
    own.info({ ...fields, best: best?.candidate ?? null, fitness: best?.fitness ?? null }, "progress");
    [saidAt, phase, said] = [now(), snapshot.phase, snapshot];
  };
  return {
    update: (snapshot) => {
      latest = snapshot;
      if (snapshot.phase !== phase || now() - saidAt >= EVERY_MS) say(snapshot);
    },
    note: (text) => own.info({ run }, text),
    close: () => {
      if (latest !== null && latest !== said) say(latest);
    },
  };
}
