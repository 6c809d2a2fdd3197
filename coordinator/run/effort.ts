/** What the effort tiers mean to a run. How long a candidate is timed, the evaluator decides (see its own table). */
import type { Effort } from "@kevo/proto/run.ts";

export interface EffortTier {
  /** Budget where `--evaluations` is not given. */
  readonly evaluations: number;
  /** How many of each niche's best are measured again at the end. */
  readonly finalists: number;
  /** How often each of them is. */
  readonly rounds: number;
}

export const EFFORT: Readonly<Record<Effort, EffortTier>> = {
  quick: { evaluations: 200, finalists: 4, rounds: 2 },
  full: { evaluations: 1000, finalists: 8, rounds: 4 },
};
