/** How a run's budget is described. */
import { counted } from "@kevo/core/text/plural.ts";
import { type RunSpec, UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";

export function describeBudget({ evaluations, time_s }: RunSpec): string {
  if (evaluations === UNLIMITED_EVALUATIONS) return `${time_s} s`;
  return `${counted(evaluations, "evaluation")}${time_s === null ? "" : `, ${time_s} s at most`}`;
}
