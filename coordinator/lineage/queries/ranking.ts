/**
 * The order of a run's candidates, best first. Finalists that were measured again (rounds from 1) come before all
 * others, ordered by the geometric mean over workloads and rounds, since a single evaluation that led a search is
 * partly luck. One with fewer rounds than others was not reached, and comes after them; one that failed on fresh inputs is out.
 * Then come single evaluations, by fitness. In replay, where there is no baseline, time decides, or what the recording was tuned for.
 */
import { isBetter, type Objective } from "@kevo/proto/objective.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { and, desc, eq, gte, inArray, notInArray, type SQL } from "drizzle-orm";
import { z } from "zod";
import { combine } from "../combine.ts";
import type { LineageDatabase } from "../database.ts";
import { type ObjectiveValue, objectiveValue } from "../run-objective.ts";
import { candidates, evaluations, measurements } from "../schema.ts";
import { failedFinalists } from "./finalists.ts";
import { type Niches, readNiches } from "./niches.ts";
import { idInRun } from "./of-run.ts";

/** A candidate's place, with names as in the final line of `coordinator start --json`. */
export interface Ranked {
  readonly candidate: string;
  readonly config: Config;
  /** Geometric mean over the workloads of its niche; null in replay. */
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** Geometric mean of the workloads' times, milliseconds; null where a recording has none. */
  readonly time_ms: number | null;
  /** The objective of a recording; absent where that is the time. */
  readonly objective?: ObjectiveValue | undefined;
  readonly island: number;
  readonly batch: number;
  readonly proposer: string;
  /** How often it was measured again, complete rounds only; 0 for a single evaluation. */
  readonly rounds: number;
}

/** The columns of a place; the rest of a measurement (samples) is large. */
export const timingColumns = {
  candidate: measurements.candidate,
  round: measurements.round,
  workload: measurements.workload,
  timeMs: measurements.timeMs,
  baselineMs: measurements.baselineMs,
  speedup: measurements.speedup,
  speedupLow: measurements.speedupLow,
  speedupHigh: measurements.speedupHigh,
  metrics: measurements.metrics,
};

export type Measured = Pick<typeof measurements.$inferSelect, keyof typeof timingColumns>;

/** @param limit most rows wanted. */
export function ranking(db: LineageDatabase, run: string, limit: number): Ranked[] {
  const niches = readNiches(db, run);
  const out = failedFinalists(db, run).map(({ candidate }) => candidate);
  const finalists = rankFinalists(db, run, niches).filter((place) => !out.includes(place.candidate));
  if (finalists.length >= limit) return finalists.slice(0, limit);
  const singles = db
    .select({ id: candidates.id })
    .from(evaluations)
    .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
    .where(
      and(
        idInRun(evaluations.candidate, run),
        eq(evaluations.outcome, "ok"),
        notInArray(evaluations.candidate, [...out, ...finalists.map((f) => f.candidate)]),
      ),
    )
    // A candidate that was stopped early was not timed to the end; it never ranks above a fully timed one.
    .orderBy(evaluations.stoppedEarly, desc(evaluations.fitness), evaluations.timeMs, candidates.createdAt)
    .limit(limit - finalists.length)
    .all();
  const places = rankedOf(
    db,
    run,
    niches,
    singles.map((s) => s.id),
  );
  return [...finalists, ...places];
}

/** Timings of the rounds that count: complete re-measurements where there are any, else the evaluation's own. */
export function countingTimings<T extends Measured>(rows: readonly T[], workloads: readonly string[]): T[] {
  const own = rows.filter((row) => workloads.includes(row.workload));
  const rounds = Map.groupBy(own, (row) => row.round);
  const complete = [...rounds].filter(([round, timings]) => round > 0 && timings.length === workloads.length);
  return complete.length > 0 ? complete.flatMap(([, timings]) => timings) : (rounds.get(0) ?? []);
}

function rankFinalists(db: LineageDatabase, run: string, niches: Niches): Ranked[] {
  const again = db
    .selectDistinct({ id: measurements.candidate })
    .from(measurements)
    .where(and(idInRun(measurements.candidate, run), gte(measurements.round, 1)))
    .all();
  return rankedOf(
    db,
    run,
    niches,
    again.map((a) => a.id),
  )
    .filter((place) => place.rounds > 0)
    .sort((a, b) => b.rounds - a.rounds || better(a, b));
}

/** Places of these candidates, in the order given; those without timings are left out. */
function rankedOf(db: LineageDatabase, run: string, niches: Niches, ids: readonly string[]): Ranked[] {
  const rows = selectOf(ids, run, candidates.id, (where) =>
    db.select(placedColumns).from(candidates).where(where).all(),
  );
  const timings = Map.groupBy(
    selectOf(ids, run, measurements.candidate, (where) =>
      db.select(timingColumns).from(measurements).where(where).all(),
    ),
    (m) => m.candidate,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    const counting = row && countingTimings(timings.get(id) ?? [], niches.workloadsOf(row.island));
    return row === undefined || counting === undefined || counting.length === 0
      ? []
      : [place(row, counting, niches.objective)];
  });
}

const placedColumns = {
  id: candidates.id,
  config: candidates.config,
  island: candidates.island,
  batch: candidates.batch,
  proposer: candidates.proposer,
};
type Placed = Pick<typeof candidates.$inferSelect, keyof typeof placedColumns>;

export function place(row: Placed, timings: readonly Measured[], objective: Objective | undefined): Ranked {
  const { timeMs, speedup, speedupLow, speedupHigh } = combine(timings);
  return {
    candidate: row.id,
    config: JSON.parse(row.config),
    speedup,
    speedup_low: speedupLow,
    speedup_high: speedupHigh,
    time_ms: timeMs,
    ...(objective !== undefined && { objective: valueIn(timings, objective) }),
    island: row.island,
    batch: row.batch,
    proposer: row.proposer,
    rounds: new Set(timings.map((t) => t.round).filter((round) => round > 0)).size,
  };
}

/** A recording has one workload, and is measured once. */
function valueIn(timings: readonly Measured[], objective: Objective): ObjectiveValue {
  const metrics = z.record(z.string(), z.number()).parse(JSON.parse(timings[0]?.metrics ?? "{}"));
  return objectiveValue(objective, metrics[objective.name] ?? Number.NaN);
}

/** Larger speedup first; without speedups, the better value of the objective, or the smaller time. */
export function better(a: Ranked, b: Ranked): number {
  if (a.objective !== undefined && b.objective !== undefined) {
    return isBetter(a.objective.value, b.objective.value, a.objective) ? -1 : 1;
  }
  if (a.speedup !== null && b.speedup !== null) return b.speedup - a.speedup;
  return (a.time_ms ?? Number.POSITIVE_INFINITY) - (b.time_ms ?? Number.POSITIVE_INFINITY);
}

/** Names at a time, within SQLite's limit on bound values; beyond as many parts the whole run is read in one go. */
const SIZE = 500;
const PARTS = 8;

function selectOf<T>(
  ids: readonly string[],
  run: string,
  column: typeof candidates.id | typeof measurements.candidate,
  select: (where: SQL | undefined) => T[],
): T[] {
  if (ids.length > SIZE * PARTS) return select(idInRun(column, run));
  const parts = Array.from({ length: Math.ceil(ids.length / SIZE) }, (_, i) => ids.slice(i * SIZE, (i + 1) * SIZE));
  return parts.flatMap((part) => select(inArray(column, part)));
}
