/** What the effort tiers mean to a run. How long a candidate is timed, the evaluator decides (see its own table). */
import type { Effort } from "@kevo/proto/run.ts";

export interface EffortTier {
  /** Budget where `--evaluations` is not given: the larger of this and so many for each niche. */
  readonly evaluations: number;
  readonly evaluationsPerNiche: number;
  /** How many of each niche's best are measured again at the end. */
  readonly finalists: number;
  /** How often each of them is. */
  readonly rounds: number;
  /** Most measurements at the end, all niches together: many niches have fewer finalists each. */
  readonly remeasurements: number;
}

export const EFFORT: Readonly<Record<Effort, EffortTier>> = {
  quick: { evaluations: 200, evaluationsPerNiche: 40, finalists: 4, rounds: 2, remeasurements: 160 },
  full: { evaluations: 1000, evaluationsPerNiche: 100, finalists: 8, rounds: 4, remeasurements: 960 },
};

/** With one finalist nothing would be decided, only measured. */
const MIN_FINALISTS = 2;

/** The budget of a run that names none. */
export function evaluationsOf(effort: Effort, niches: number): number {
  const { evaluations, evaluationsPerNiche } = EFFORT[effort];
  return niches === 1 ? evaluations : Math.max(evaluations, niches * evaluationsPerNiche);
}

/** Finalists of each niche, and the rounds that each is measured in. */
export function finalistPlan(effort: Effort, niches: number): { finalists: number; rounds: number } {
  const { finalists, rounds, remeasurements } = EFFORT[effort];
  const affordable = Math.floor(remeasurements / (niches * rounds));
  return { finalists: Math.min(finalists, Math.max(MIN_FINALISTS, affordable)), rounds };
}
