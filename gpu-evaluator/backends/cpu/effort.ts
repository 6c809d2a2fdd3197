/** What each effort tier spends on one candidate of the CPU backend: the one table. */
import type { Effort } from "@kevo/proto/run.ts";

export interface Budget {
  /** Rounds of interleaved batches: one of the candidate and one of each baseline timed beside it. */
  readonly rounds: number;
  /** Aimed length of a batch, milliseconds; at least one call. */
  readonly batchMs: number;
  /** On a busy machine: no further round of a workload after this long, milliseconds. */
  readonly roundsLimitMs: number;
  /** Bootstrap resamples behind a confidence interval. */
  readonly resamples: number;
  /** Longest verification or batch, milliseconds; raised where the baseline itself is slow. */
  readonly runLimitMs: number;
}

const BUDGETS: Record<Effort, Record<"search" | "finalist", Budget>> = {
  quick: {
    search: { rounds: 4, batchMs: 2, roundsLimitMs: 100, resamples: 300, runLimitMs: 2_000 },
    finalist: { rounds: 20, batchMs: 4, roundsLimitMs: 1_500, resamples: 1_000, runLimitMs: 5_000 },
  },
  full: {
    search: { rounds: 15, batchMs: 8, roundsLimitMs: 1_200, resamples: 500, runLimitMs: 5_000 },
    finalist: { rounds: 60, batchMs: 10, roundsLimitMs: 8_000, resamples: 2_000, runLimitMs: 20_000 },
  },
};

export function budgetOf(effort: Effort, purpose: "search" | "finalist"): Budget {
  return BUDGETS[effort][purpose];
}

/** Rounds after which a candidate may be called clearly slower. */
export const ROUNDS_BEFORE_STOP = 2;
/** Clearly slower: below this share of the best speedup, by the least times so far. */
export const CLEARLY_SLOWER = 0.6;
/** An interval this narrow (high / low - 1) needs no more rounds; a wider one gets up to this many times the rounds. */
export const NARROW = 0.08;
export const NOISY_FACTOR = 2;
/** So slow already while verified (times the baseline) that one round says enough. */
export const HOPELESS = 5;
/** Inputs that differ by seed, all of which a candidate must get right before it is timed. */
export const VERIFICATION_SEEDS = 3;
/** Prepared inputs of each workload that searches draw from: those verified, and one first seen after timing. */
export const POOL = 5;
