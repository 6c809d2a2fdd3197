/** The result of a run: the final line of `coordinator start --json`, made from the database alone. */

import { BACKENDS } from "@kevo/proto/backend-name.ts";
import { DIRECTIONS } from "@kevo/proto/objective.ts";
import { OUTCOMES } from "@kevo/proto/outcome.ts";
import { runQuietness } from "@kevo/proto/quietness.ts";
import { runSpec } from "@kevo/proto/run.ts";
import { RUN_STATUSES, runEnd } from "@kevo/proto/run-end.ts";
import { config } from "@kevo/proto/search-space.ts";
import { count, eq } from "drizzle-orm";
import { z } from "zod";
import { COMPARISONS, comparisonOf } from "../lineage/comparison.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { bestByDevice, bestByWorkload, bestOf } from "../lineage/queries/best.ts";
import { countEvaluations } from "../lineage/queries/counts.ts";
import { failedFinalists } from "../lineage/queries/finalists.ts";
import { modelsUsed } from "../lineage/queries/models.ts";
import { paretoFront } from "../lineage/queries/pareto.ts";
import type { Ranked } from "../lineage/queries/place.ts";
import { quietnessOf } from "../lineage/queries/quietness.ts";
import { endOf } from "../lineage/queries/run-end.ts";
import { spentUsd } from "../lineage/queries/spend.ts";
import { islands, runs } from "../lineage/schema.ts";
import { sameCandidates } from "../repeat/same-candidates.ts";
import { worthOfEvolution } from "../run/control-run.ts";
import { launch } from "../run/launch.ts";

const counted = z.int().nonnegative();
const speedups = {
  /** Against the fastest baseline; null in replay, where time counts. */
  speedup: z.number().positive().nullable(),
  speedup_low: z.number().positive().nullable(),
  speedup_high: z.number().positive().nullable(),
};

const measured = {
  name: z.string(),
  value: z.number(),
  /** Null where the name says it. */
  unit: z.string().nullable(),
  direction: z.enum(DIRECTIONS),
};

const best = z.object({
  candidate: z.string(),
  config,
  ...speedups,
  /** Null where a recording of something else has no time. */
  time_ms: z.number().positive().nullable(),
  /** The objective of a recording; absent where that is the time. */
  objective: z.object(measured).optional(),
  island: counted,
  batch: counted,
  proposer: z.string(),
  /** Against the fastest baseline, by the interval; null in replay. Only `faster` is a claim. */
  comparison: z.enum(COMPARISONS).nullable().optional(),
  /** How often it was measured again on fresh inputs; 0 is a single evaluation. */
  rounds: counted,
});

const bestOfNiche = best
  .pick({ candidate: true, config: true, time_ms: true, objective: true })
  // Recordings of research runs may be older than the count of rounds.
  .extend({ ...speedups, rounds: counted.optional() });

const side = z.object({
  run: z.string(),
  speedup: speedups.speedup,
  time_ms: z.number().positive().nullable(),
  value: z.number().optional(),
  calls: counted,
  usd: z.number().nonnegative(),
});

/** The contribution of language models. */
const llm = z.object({
  models: z.array(z.string()),
  /** Best-of-N: nothing that was measured was told. */
  control: z.boolean(),
  budget_usd: z.number().nonnegative(),
  /** Requests, failed ones and those repeated from a recording included. */
  calls: counted,
  answered: counted,
  /** Candidates that came of the answers. */
  candidates: counted,
  /** Why models did not propose more. */
  trouble: z.array(z.string()),
  /** This run and its control, or the run that it is the control of; null while there is only one of them. */
  worth_of_evolution: z.object({ evolved: side, control: side, ratio: z.number().positive() }).nullable(),
});

export const runResult = z.object({
  run: z.string(),
  status: z.enum(RUN_STATUSES),
  /** Why it ended; null while it runs, or where its coordinator was killed. */
  ended_by: runEnd.nullable().default(null),
  kernel: z.string(),
  backend: z.enum(BACKENDS),
  islands: counted,
  evaluations: z.object({
    /** The evaluations that the budget counts. */
    total: counted,
    ...(Object.fromEntries(OUTCOMES.map((o) => [o, counted])) as Record<(typeof OUTCOMES)[number], typeof counted>),
    cached: counted,
  }),
  /** Null while nothing was measured. */
  best: best.nullable(),
  /** By workload, where islands are limited to workloads. */
  best_by_workload: z.record(z.string(), bestOfNiche),
  /** By device model, where islands are limited to device models. */
  best_by_device: z.record(z.string(), bestOfNiche),
  /** With a second field beside the objective: what no other candidate beats in both, best objective first. */
  pareto: z
    .array(z.object({ candidate: z.string(), config, objective: z.object(measured), beside: z.object(measured) }))
    .optional(),
  /** Finalists that were wrong or broke on fresh inputs, and how. Where all did, the best has no rounds. */
  failed_finalists: z.array(z.object({ candidate: z.string(), message: z.string() })).default([]),
  /** How quiet the machines were meanwhile; null where no evaluator told. */
  quietness: runQuietness.nullable().default(null),
  /** The run that this one repeats, and how many of its candidates came again; absent where it repeats none. */
  repeats: z.object({ run: z.string(), candidates: counted, same: counted }).optional(),
  /** Absent where no model was asked. */
  llm: llm.optional(),
  spend_usd: z.number().nonnegative(),
  elapsed_s: z.number().nonnegative(),
  /** Absolute path of the database. */
  db: z.string(),
});
export type RunResult = z.infer<typeof runResult>;

/**
 * @param run id of a stored run.
 * @param path of the database, as the result names it.
 * @param elapsedS wall clock of the run; by default the stored one.
 * @throws Error when the run is unknown or the database holds data that no run writes.
 */
export function buildResult(db: LineageDatabase, run: string, path: string, elapsedS?: number): RunResult {
  const row = db.select().from(runs).where(eq(runs.id, run)).get();
  if (row === undefined) throw new Error(`no run ${run} in ${path}`);
  const spec = runSpec.parse(JSON.parse(row.spec));
  const { repeats } = launch.parse(JSON.parse(row.launch));
  return runResult.parse({
    run,
    status: row.status,
    ended_by: endOf(db, run, row.status),
    kernel: row.kernel,
    backend: row.backend,
    islands: db.select({ n: count() }).from(islands).where(eq(islands.run, run)).get()?.n ?? 0,
    evaluations: countEvaluations(db, run),
    best: withComparison(bestOf(db, run)),
    best_by_workload: Object.fromEntries(bestByWorkload(db, run)),
    best_by_device: Object.fromEntries(bestByDevice(db, run)),
    failed_finalists: failedFinalists(db, run),
    quietness: quietnessOf(db, run),
    ...(spec.objective?.beside && { pareto: paretoFront(db, run, spec.objective, spec.objective.beside) }),
    ...(repeats !== undefined && { repeats: { run: repeats, ...sameCandidates(db, run, repeats) } }),
    ...(spec.llm !== undefined && {
      llm: { ...spec.llm, ...modelsUsed(db, run), worth_of_evolution: worthOfEvolution(db, spec) },
    }),
    spend_usd: spentUsd(db, run),
    elapsed_s: round(elapsedS ?? row.elapsedMs / 1000),
    db: path,
  });
}

function withComparison(best: Ranked | null) {
  return best === null ? null : { ...best, comparison: comparisonOf(best) };
}

/** To milliseconds. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
