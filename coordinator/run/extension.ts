/** A larger budget for a run that has one already. */

import { UserError } from "@kevo/core/errors/user-error.ts";
import { counted } from "@kevo/core/text/plural.ts";
import type { RunSpec } from "@kevo/proto/run.ts";

export interface Extension {
  /** Evaluations in all; null leaves the budget as it is. */
  readonly evaluations: number | null;
  /** Seconds from now on; null leaves the run's own limit. */
  readonly timeS: number | null;
}

/**
 * @param accepted evaluations that the run has accepted so far.
 * @param elapsedS what the run took so far: its time limit counts from its start.
 * @throws UserError (code 2) for a budget that is spent already.
 */
export function extended(
  spec: RunSpec,
  { evaluations, timeS }: Extension,
  { accepted, elapsedS }: { readonly accepted: number; readonly elapsedS: number },
): RunSpec {
  if (evaluations !== null && evaluations <= accepted) {
    throw new UserError(
      `--evaluations ${evaluations}: the run ${spec.run} has accepted ${counted(accepted, "evaluation")} already. Give the number in all, more than that.`,
      2,
    );
  }
  return {
    ...spec,
    ...(evaluations !== null && { evaluations }),
    ...(timeS !== null && { time_s: elapsedS + timeS }),
  };
}
