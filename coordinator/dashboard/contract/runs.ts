/** `runs`, `runs/:run`, `status`. */
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import { RUN_STATUSES } from "@kevo/proto/run-end.ts";
import { z } from "zod";
import { about, candidateId, count, measured, moment, objective } from "./common.ts";

export const outcomeCounts = z.record(z.enum(OUTCOMES), count);

export const best = measured.extend({
  candidate: candidateId,
  /** Geometric mean over the workloads, milliseconds. */
  time_ms: z.number().nullable(),
  proposer: z.string(),
  island: count,
  batch: count,
  /** Which counted evaluation it was, from 1. */
  evaluation: count,
  /** How often it was measured again on fresh inputs; 0 for a single evaluation, which is partly luck. */
  rounds: count,
});
export type Best = z.infer<typeof best>;

/** Used, and the limit; null without one. */
export const budgetPart = z.object({ used: z.number(), limit: z.number().nullable() });
export const budget = z.object({ evaluations: budgetPart, time_s: budgetPart, usd: budgetPart });
export type Budget = z.infer<typeof budget>;

/** A control: the same search without what it is the control of. */
export const CONTROLS = ["random", "uninformed_models"] as const;

export const runSummary = z.object({
  run: z.string(),
  kernel: z.string(),
  title: z.string(),
  backend: z.string(),
  devices: z.array(z.string()),
  objective,
  status: z.enum(RUN_STATUSES),
  /** Whether a coordinator works on it at this moment. False with status `running`: it died. */
  live: z.boolean(),
  /** Why it ended as it did. */
  message: z.string().nullable(),
  created_at: moment,
  ended_at: moment.nullable(),
  islands: count,
  workloads: count,
  /** Names of the models that propose. */
  models: z.array(z.string()),
  control: z.enum(CONTROLS).nullable(),
  budget,
  outcomes: outcomeCounts,
  best: best.nullable(),
});
export type RunSummary = z.infer<typeof runSummary>;

export const runsAnswer = z.object({
  version: z.string(),
  /** Absolute path of the database. */
  database: z.string(),
  /** Latest first. */
  runs: z.array(runSummary),
});
export type RunsAnswer = z.infer<typeof runsAnswer>;

export const parameter = z.object({
  name: z.string(),
  type: z.enum(["categorical", "ordinal", "integer", "boolean", "permutation"]),
  description: z.string().nullable(),
  /** In order, as text. */
  values: z.array(z.string()),
});
export type Parameter = z.infer<typeof parameter>;

export const note = z.object({
  id: count,
  at: moment,
  /** Of `proto/event.ts`. */
  kind: z.string(),
  message: z.string(),
});
export type Note = z.infer<typeof note>;

export const runAnswer = z.object({
  about,
  summary: runSummary,
  /** The activity of the run, for people. */
  phase: z.string(),
  paused: z.boolean(),
  /** Evaluations per second over the last half minute; null when nothing is searched. */
  per_second: z.number().nullable(),
  remaining_s: z.number().nullable(),
  /** Answered from an earlier evaluation, at no cost. */
  cached: count,
  /** Accepted, and without a result so far. */
  outstanding: count,
  workloads: z.array(z.string()),
  parameters: z.array(parameter),
  baselines: z.array(z.string()),
  search: z.string(),
  topology: z.string(),
  migrate_every: count,
  migrants: count,
  seed: count,
  effort: z.string(),
  sync: z.boolean(),
  evolves_code: z.boolean(),
  /** The latest 200 events up to the position, latest first. */
  notes: z.array(note),
});
export type RunAnswer = z.infer<typeof runAnswer>;

export const statusAnswer = z.object({
  version: z.string(),
  api: z.int(),
  database: z.string(),
  /** The run of the coordinator that serves this; null for `coordinator dashboard`. */
  run: z.string().nullable(),
  /** Whether the pages are built; otherwise what to run. */
  pages: z.boolean(),
});
export type StatusAnswer = z.infer<typeof statusAnswer>;
