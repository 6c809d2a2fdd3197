/** At the level info, one line for each evaluation that ended here. */
import type { Logger } from "@kevo/core/logging/logger.ts";
import { evaluationEnded } from "../telemetry/channels.ts";

export function logEvaluations(logger: Logger): Disposable {
  return evaluationEnded.listen(({ candidate, attempt, outcome, fault, seconds }) => {
    // A candidate's id is `run/island/batch/index`.
    const [run, island] = candidate.split("/");
    const fields = { run, island: Number(island), candidate, attempt, outcome, fault, seconds };
    logger.info(fields, outcome === null ? "evaluation without a result" : "evaluated");
  });
}
