/** The cost of each effort tier, for a run and for one candidate of each backend: the only such table. */
import type { Effort } from "@kevo/proto/run.ts";

/** `search`: beside the fastest baseline. `finalist`: beside all baselines, fresh inputs, more samples. */
export type Purpose = "search" | "finalist";

interface RunEffort {
  /** Budget without `--evaluations`: the larger of this and `evaluationsPerNiche` for each niche. */
  readonly evaluations: number;
  readonly evaluationsPerNiche: number;
  /** How many of each niche's best are measured again at the end. */
  readonly finalists: number;
  /** How often each of them is. */
  readonly rounds: number;
  /** Most measurements at the end, all niches together: many niches have fewer finalists each. */
  readonly remeasurements: number;
}

export interface CpuEffort {
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

interface GpuEffort {
  /** Windows of rounds, between two looks at the device's clock. */
  readonly windows: number;
}

interface EffortProfile {
  readonly run: RunEffort;
  readonly cpu: Readonly<Record<Purpose, CpuEffort>>;
  readonly gpu: Readonly<Record<Purpose, GpuEffort>>;
}

export const EFFORT: Readonly<Record<Effort, EffortProfile>> = {
  quick: {
    run: { evaluations: 200, evaluationsPerNiche: 40, finalists: 4, rounds: 2, remeasurements: 160 },
    cpu: {
      search: { rounds: 4, batchMs: 2, roundsLimitMs: 100, resamples: 300, runLimitMs: 2_000 },
      finalist: { rounds: 20, batchMs: 4, roundsLimitMs: 1_500, resamples: 1_000, runLimitMs: 5_000 },
    },
    gpu: { search: { windows: 4 }, finalist: { windows: 10 } },
  },
  full: {
    run: { evaluations: 1000, evaluationsPerNiche: 100, finalists: 8, rounds: 4, remeasurements: 960 },
    cpu: {
      search: { rounds: 15, batchMs: 8, roundsLimitMs: 1_200, resamples: 500, runLimitMs: 5_000 },
      finalist: { rounds: 60, batchMs: 10, roundsLimitMs: 8_000, resamples: 2_000, runLimitMs: 20_000 },
    },
    gpu: { search: { windows: 6 }, finalist: { windows: 20 } },
  },
};
