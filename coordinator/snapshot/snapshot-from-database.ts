/** The snapshot of a run that another process carries out, from the database alone. */

import { isWithoutCode } from "@kevo/proto/backend-name.ts";
import { type RunSpec, runSpec, UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import { and, count, desc, eq, gte, max, sql } from "drizzle-orm";
import { z } from "zod";
import type { LineageDatabase } from "../lineage/database.ts";
import { countEvaluations } from "../lineage/queries/counts.ts";
import { elapsedSeconds } from "../lineage/queries/elapsed.ts";
import { describeNiche } from "../lineage/queries/niches.ts";
import { idInRun } from "../lineage/queries/of-run.ts";
import { runObjective } from "../lineage/run-objective.ts";
import { candidates, evaluations, evaluators, islands, measurements, runs } from "../lineage/schema.ts";
import type { EvaluatorSnapshot, IslandSnapshot, RunSnapshot } from "./snapshot.ts";

const STARTING = "starting";
const EVOLVING = "evolving";

/** Evaluations per second are counted over this long. */
const RATE_WINDOW_MS = 30_000;

/** A daemon's description (`Description` of the wire), as far as it is shown. */
const description = z.object({
  credits: z.number().default(0),
  inFlight: z.number().default(0),
  devices: z
    .array(
      z.object({
        id: z.string(),
        model: z.string().default(""),
        state: z.string().default(""),
        busyMs: z.coerce.number().default(0),
        upMs: z.coerce.number().default(0),
      }),
    )
    .default([]),
});

/**
 * @param now time of day, milliseconds.
 * @throws Error when the run is unknown.
 */
export function snapshotFromDatabase(db: LineageDatabase, run: string, now: number = Date.now()): RunSnapshot {
  const row = db.select().from(runs).where(eq(runs.id, run)).get();
  if (row === undefined) throw new Error(`no run ${run}`);
  const spec = runSpec.parse(JSON.parse(row.spec));
  const counts = countEvaluations(db, run);
  const recent = db
    .select({ n: count() })
    .from(evaluations)
    .where(and(idInRun(evaluations.candidate, run), gte(evaluations.createdAt, now - RATE_WINDOW_MS)))
    .get();
  const running = row.status === "running";
  const span = Math.min(RATE_WINDOW_MS, Math.max(1000, now - row.createdAt)) / 1000;
  const phase = running ? phaseOf(db, spec, counts.total) : row.status;
  const searching = phase === EVOLVING || phase === STARTING;
  const perSecond = searching && counts.total > 0 ? (recent?.n ?? 0) / span : null;
  const elapsedS = elapsedSeconds(row, now);
  return {
    run,
    kernel: row.kernel,
    backend: row.backend,
    phase,
    objective: runObjective(spec),
    elapsedS,
    remainingS: searching ? remaining(spec, counts.total, perSecond, elapsedS) : null,
    budget: limitOf(spec),
    evaluated: counts.total,
    cached: counts.cached,
    perSecond,
    outcomes: counts,
    best: bestSoFar(db, run, spec),
    islands: islandSnapshots(db, run),
    evaluators: evaluatorSnapshots(db, run),
  };
}

/** Null where only the clock limits the run. */
function limitOf({ evaluations }: RunSpec): number | null {
  return evaluations === UNLIMITED_EVALUATIONS ? null : evaluations;
}

function phaseOf(db: LineageDatabase, spec: RunSpec, evaluated: number): string {
  const remeasured = db
    .select({ rounds: max(measurements.round) })
    .from(measurements)
    .where(idInRun(measurements.candidate, spec.run))
    .get();
  const spent = evaluated >= spec.evaluations && !isWithoutCode(spec.backend);
  if (spent || (remeasured?.rounds ?? 0) > 0) return "re-measuring the finalists";
  return evaluated === 0 ? STARTING : EVOLVING;
}

function remaining(spec: RunSpec, evaluated: number, perSecond: number | null, elapsedS: number): number | null {
  const byBudget =
    perSecond === null || perSecond === 0
      ? null
      : ((limitOf(spec) ?? Number.POSITIVE_INFINITY) - evaluated) / perSecond;
  const byClock = spec.time_s === null ? null : Math.max(0, spec.time_s - elapsedS);
  if (byBudget === null || byBudget === Number.POSITIVE_INFINITY) return byClock;
  return byClock === null ? byBudget : Math.min(byBudget, byClock);
}

/** By single evaluations, as the coordinator's own view has it; the winner is named when the finalists are measured. */
function bestSoFar(db: LineageDatabase, run: string, spec: RunSpec): RunSnapshot["best"] {
  const best = db
    .select({ candidate: candidates, evaluation: evaluations })
    .from(evaluations)
    .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
    .where(and(idInRun(evaluations.candidate, run), eq(evaluations.outcome, "ok")))
    .orderBy(desc(evaluations.fitness), candidates.createdAt)
    .limit(1)
    .get();
  if (best === undefined || best.evaluation.fitness === null) return null;
  const { fitness, timeMs } = best.evaluation;
  const { id, proposer, config } = best.candidate;
  return { candidate: id, fitness, timeMs, speedup: isWithoutCode(spec.backend) ? null : fitness, proposer, config };
}

function islandSnapshots(db: LineageDatabase, run: string): IslandSnapshot[] {
  const counted = db
    .select({
      island: candidates.island,
      evaluated: sql<number>`sum(${evaluations.candidate} is ${candidates.id})`,
      open: sql<number>`sum(${evaluations.candidate} is null and ${candidates.answeredBy} is null)`,
      fitness: max(evaluations.fitness),
      // Of the row with the largest fitness: SQLite takes bare columns from the row that max() found.
      timeMs: evaluations.timeMs,
    })
    .from(candidates)
    // A candidate that an evaluation answered counts for the island too: an elite that it adopted may be its best.
    .leftJoin(evaluations, sql`${evaluations.candidate} = coalesce(${candidates.answeredBy}, ${candidates.id})`)
    .where(idInRun(candidates.id, run))
    .groupBy(candidates.island)
    .all();
  const byIsland = new Map(counted.map((c) => [c.island, c]));
  const rows = db.select().from(islands).where(eq(islands.run, run)).orderBy(islands.island).all();
  return rows.map((row) => {
    const { evaluated = 0, open = 0, fitness = null, timeMs = null } = byIsland.get(row.island) ?? {};
    return {
      island: row.island,
      niche: describeNiche(JSON.parse(row.niche)),
      worker: row.worker,
      batches: row.nextBatch,
      evaluated,
      outstanding: open,
      bestFitness: fitness,
      bestTimeMs: fitness === null ? null : timeMs,
      // Workers report it to the coordinator; it is not stored.
      diversity: null,
      exhausted: row.exhausted,
    };
  });
}

function evaluatorSnapshots(db: LineageDatabase, run: string): EvaluatorSnapshot[] {
  const rows = db.select().from(evaluators).where(eq(evaluators.run, run)).orderBy(evaluators.firstSeen).all();
  return rows
    .filter((row) => row.state !== "disconnected")
    .map((row) => {
      const { credits, inFlight, devices } = description.parse(JSON.parse(row.description));
      return {
        id: row.id,
        address: row.address,
        state: row.state,
        credits,
        inFlight,
        devices: devices.map(({ id, model, state, busyMs, upMs }) => ({
          id,
          model,
          state,
          busyShare: upMs > 0 ? busyMs / upMs : null,
        })),
      };
    });
}
