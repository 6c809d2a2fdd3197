/** `runs/:run/landscape`, `runs/:run/landscape/slice`, `runs/:run/cells`. */
import { z } from "zod";
import { about, candidateId, configuration, count, measured } from "./common.ts";
import { parameter } from "./runs.ts";

export const landscapeQuery = z.object({
  at: z.coerce.number().int().nonnegative().optional(),
  /** Candidates of this island alone: values of different niches do not compare. Absent: all of the commonest niche. */
  island: z.coerce.number().int().nonnegative().optional(),
});

export const importance = z.object({
  parameter: z.string(),
  /** Share of the variance that it explains alone, 0 to 1. */
  share: z.number(),
  /** Over the trees: 10th and 90th percentile. */
  low: z.number(),
  high: z.number(),
});
export type Importance = z.infer<typeof importance>;

export const landscapeAnswer = z.object({
  about,
  /** The islands whose candidates are used. */
  islands: z.array(count),
  niche: z.string(),
  parameters: z.array(parameter),
  importance: z.object({
    /** Largest first. */
    shares: z.array(importance),
    /** What only pairs and more of them explain. */
    interactions: z.number(),
    /** Name, and what it does, for people. */
    method: z.string(),
    explanation: z.string(),
    samples: count,
    /** Of predictions for candidates that a tree did not see, at most 1; null with too few samples. */
    r2: z.number().nullable(),
  }),
  /** Measured candidates for parallel coordinates; the best are kept. */
  lines: z.array(
    z.object({
      candidate: candidateId,
      value: z.number(),
      /** Index of each parameter's value, in the order of `parameters`; -1: another one. */
      at: z.array(z.int()),
    }),
  ),
  /** Of measured candidates, those left out of `lines` included. */
  measured: count,
  /** Where slices are taken. */
  best: z.object({ candidate: candidateId, config: configuration }).nullable(),
});
export type LandscapeAnswer = z.infer<typeof landscapeAnswer>;

export const sliceQuery = landscapeQuery.extend({
  x: z.string(),
  /** Absent: one-dimensional. */
  y: z.string().optional(),
});

export const sliceAnswer = z.object({
  about,
  /** What is held fixed: all other parameters have the values of this candidate. */
  base: z.object({ candidate: candidateId, config: configuration }),
  x: z.object({ parameter: z.string(), values: z.array(z.string()) }),
  y: z.object({ parameter: z.string(), values: z.array(z.string()) }).nullable(),
  /** Row by row of y (one row without y), in the unit of the objective; null: outside of the search space. */
  mean: z.array(z.array(z.number().nullable())),
  /** What the model believes with 95 %. */
  low: z.array(z.array(z.number().nullable())),
  high: z.array(z.array(z.number().nullable())),
  /** Measured candidates: `on_slice` tells those that differ from `base` in x and y alone. At most 2,000. */
  measured: z.array(z.object({ candidate: candidateId, x: count, y: count, value: z.number(), on_slice: z.boolean() })),
  method: z.string(),
  samples: count,
});
export type SliceAnswer = z.infer<typeof sliceAnswer>;

export const cell = z.object({
  workload: z.string(),
  /** Numbers that describe the workload, such as its length. */
  features: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  islands: z.array(count),
  /** Against the fastest baseline; null where nothing was measured. */
  speedup: measured.nullable(),
  time_us: z.number().nullable(),
  tflops: z.number().nullable(),
  baseline: z.string().nullable(),
  /** Every baseline, microseconds. */
  baselines: z.record(z.string(), z.number()),
  candidate: candidateId.nullable(),
  proposer: z.string().nullable(),
  rounds: count,
  evaluations: count,
});
export type Cell = z.infer<typeof cell>;

export const cellsAnswer = z.object({
  about,
  /** False: the islands are not limited to workloads, and all cells have the same candidate, the run's best. */
  per_workload: z.boolean(),
  cells: z.array(cell),
  faster: count,
  /** Geometric mean over the cells that have a speedup. */
  speedup: z.number().nullable(),
});
export type CellsAnswer = z.infer<typeof cellsAnswer>;
