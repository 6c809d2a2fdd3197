/** `runs/:run/progress`, `compare`, `runs/:run/failures`. */
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import { z } from "zod";
import { about, candidateId, count, measured, moment, objective } from "./common.ts";
import { outcomeCounts } from "./runs.ts";

/** The best so far: columns of equal length, a row for every step. In the unit of the objective. */
export const curve = z.object({
  evaluation: z.array(count),
  /** Time in which the run worked; pauses between sessions are not in it. */
  elapsed_s: z.array(z.number()),
  usd: z.array(z.number()),
  value: z.array(z.number()),
});
export type Curve = z.infer<typeof curve>;

export const improvement = measured.extend({
  candidate: candidateId,
  evaluation: count,
  elapsed_s: z.number(),
  usd: z.number(),
  at: moment,
  proposer: z.string(),
  island: count,
  /** The best before it; null for the first. */
  before: z.number().nullable(),
});
export type Improvement = z.infer<typeof improvement>;

/** A baseline as a line: its value if it were a candidate (the fastest one has the speedup 1). */
export const baselineLine = z.object({ name: z.string(), value: z.number() });

/** Every candidate that was measured, thinned: columns of equal length. */
export const scatter = z.object({
  evaluation: z.array(count),
  elapsed_s: z.array(z.number()),
  usd: z.array(z.number()),
  value: z.array(z.number()),
  /** Index into `proposers`. */
  proposer: z.array(count),
});

export const progressAnswer = z.object({
  about,
  best: curve,
  improvements: z.array(improvement),
  candidates: scatter,
  proposers: z.array(z.string()),
  /** Candidates, and improvements, by proposer. */
  earned: z.array(z.object({ proposer: z.string(), evaluations: count, ok: count, improvements: count })),
  baselines: z.array(baselineLine),
  /** The control of this run; null where there is none in the database. */
  control: z.object({ run: z.string(), kind: z.string(), best: curve }).nullable(),
  /** Evaluation at which a session began, for marks on the axis. */
  sessions: z.array(z.object({ from: moment, to: moment.nullable(), evaluation: count })),
});
export type ProgressAnswer = z.infer<typeof progressAnswer>;

export const compareQuery = z.object({
  /** Two to five. */
  run: z.array(z.string()).min(2).max(5),
});
export const compareAnswer = z.object({
  version: z.string(),
  runs: z.array(z.object({ about, best: curve, improvements: z.array(improvement) })),
  /** The objective that all share; null where they cannot be compared in one chart. */
  objective: objective.nullable(),
});
export type CompareAnswer = z.infer<typeof compareAnswer>;

export const failuresAnswer = z.object({
  about,
  outcomes: outcomeCounts,
  /** Largest first. */
  groups: z.array(
    z.object({
      outcome: z.enum(OUTCOMES),
      /** First line of the most frequent message. */
      message: z.string(),
      count,
      /** The earliest, at most three. */
      examples: z.array(candidateId),
    }),
  ),
});
export type FailuresAnswer = z.infer<typeof failuresAnswer>;
