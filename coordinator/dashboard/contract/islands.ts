/** `runs/:run/islands`, `runs/:run/migrations`. */
import { z } from "zod";
import { about, candidateId, count, moment } from "./common.ts";
import { best } from "./runs.ts";

/** An island over its batches: columns of equal length; several batches in a row where there are more than 400. */
export const strip = z.object({
  /** First batch of the row. */
  batch: z.array(count),
  /** Of the row's candidates, in the unit of the objective; null where none was measured. */
  best: z.array(z.number().nullable()),
  median: z.array(z.number().nullable()),
  worst: z.array(z.number().nullable()),
  /** Best of the island so far. */
  best_so_far: z.array(z.number().nullable()),
  /** Share of the parameters in which two of the 20 latest measured candidates differ on average, 0 to 1. */
  diversity: z.array(z.number().nullable()),
  candidates: z.array(count),
  failed: z.array(count),
});
export type Strip = z.infer<typeof strip>;

export const island = z.object({
  island: count,
  /** Of its workloads and device, for people; empty without a limit. */
  niche: z.string(),
  workloads: z.array(z.string()),
  device: z.string().nullable(),
  worker: z.string().nullable(),
  batches: count,
  candidates: count,
  evaluated: count,
  ok: count,
  cached: count,
  outstanding: count,
  exhausted: z.boolean(),
  migrants_in: count,
  migrants_out: count,
  best: best.nullable(),
  strip,
  /** Batches without a better candidate, where they are many: `to` null while it lasts. */
  stagnations: z.array(z.object({ from: count, to: count.nullable() })),
  /** Batches before which the population was reduced to its elites. */
  restarts: z.array(count),
});
export type Island = z.infer<typeof island>;

export const islandsAnswer = z.object({
  about,
  islands: z.array(island),
  topology: z.string(),
  /** Which island sends its elites to which; with `random`, all that have. */
  edges: z.array(z.object({ from: count, to: count, migrations: count })),
  /** How restarts and diversity are determined, for people. */
  method: z.string(),
});
export type IslandsAnswer = z.infer<typeof islandsAnswer>;

export const migration = z.object({
  /** The new candidate. */
  candidate: candidateId,
  origin: candidateId,
  from: count,
  to: count,
  batch: count,
  at: moment,
  /** Evaluations counted when it was accepted. */
  evaluation: count,
  outcome: z.string().nullable(),
  value: z.number().nullable(),
  /** Whether it became the best of its new island. */
  led: z.boolean(),
  children: count,
});
export type Migration = z.infer<typeof migration>;

export const migrationsAnswer = z.object({
  about,
  total: count,
  /** The latest 2,000, in order. */
  migrations: z.array(migration),
});
export type MigrationsAnswer = z.infer<typeof migrationsAnswer>;
