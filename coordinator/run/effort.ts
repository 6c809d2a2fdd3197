/** The effort tiers, applied to a run with a number of niches. */
import { EFFORT } from "@kevo/core/effort/effort.ts";
import type { Effort } from "@kevo/proto/run.ts";

/** With one finalist nothing would be decided, only measured. */
const MIN_FINALISTS = 2;

/** The budget of a run that names none. */
export function evaluationsOf(effort: Effort, niches: number): number {
  const { evaluations, evaluationsPerNiche } = EFFORT[effort].run;
  return niches === 1 ? evaluations : Math.max(evaluations, niches * evaluationsPerNiche);
}

/** Finalists of each niche, and the rounds that each is measured in. */
export function finalistPlan(effort: Effort, niches: number): { finalists: number; rounds: number } {
  const { finalists, rounds, remeasurements } = EFFORT[effort].run;
  const affordable = Math.floor(remeasurements / (niches * rounds));
  return { finalists: Math.min(finalists, Math.max(MIN_FINALISTS, affordable)), rounds };
}
