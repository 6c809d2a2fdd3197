/**
 * The order of a run's candidates, best first. Finalists that were measured again (rounds from 1) come before all
 * others, ordered by the geometric mean over workloads and rounds, since a single evaluation that led a search is
 * partly luck. One with fewer rounds than others was not reached, and comes after them; one that failed on fresh inputs is out.
 * Then come single evaluations, by fitness. In replay, where there is no baseline, time decides, or what the recording was tuned for.
 */
import { isBetter, type Objective } from "@kevo/proto/objective.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { and, desc, eq, gte, inArray } from "drizzle-orm";
import { z } from "zod";
import { combine } from "../combine.ts";
import type { LineageDatabase } from "../database.ts";
import { type ObjectiveValue, objectiveValue } from "../run-objective.ts";
import { candidates, evaluations, measurements } from "../schema.ts";
import { failedFinalists } from "./finalists.ts";
import { type Niches, readNiches } from "./niches.ts";
import { idInRun } from "./of-run.ts";
import { rowsOf } from "./raw-rows.ts";

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

export type Measured = Omit<Pick<typeof measurements.$inferSelect, keyof typeof timingColumns>, "candidate">;

/** @param limit most rows wanted. */
export function ranking(db: LineageDatabase, run: string, limit: number): Ranked[] {
  const niches = readNiches(db, run);
  const out = failedFinalists(db, run).map(({ candidate }) => candidate);
  const finalists = rankFinalists(db, run, niches).filter((place) => !out.includes(place.candidate));
  if (finalists.length >= limit) return finalists.slice(0, limit);
  const passed = new Set([...out, ...finalists.map((place) => place.candidate)]);
  return [...finalists, ...rankSingles(db, run, niches, passed, limit - finalists.length)];
}

/** Timings of the rounds that count: complete re-measurements where there are any, else the evaluation's own. */
export function countingTimings<T extends Measured>(rows: readonly T[], workloads: readonly string[]): T[] {
  const own = rows.filter((row) => workloads.includes(row.workload));
  if (own.every(({ round }) => round === 0)) return own;
  const rounds = Map.groupBy(own, (row) => row.round);
  const complete = [...rounds].filter(([round, timings]) => round > 0 && timings.length === workloads.length);
  return complete.length > 0 ? complete.flatMap(([, timings]) => timings) : (rounds.get(0) ?? []);
}

function rankFinalists(db: LineageDatabase, run: string, niches: Niches): Ranked[] {
  const again = db
    .selectDistinct({ id: measurements.candidate })
    .from(measurements)
    .where(and(idInRun(measurements.candidate, run), gte(measurements.round, 1)));
  const timings = db
    .select(timingColumns)
    .from(measurements)
    .where(and(idInRun(measurements.candidate, run), inArray(measurements.candidate, again)))
    .all();
  const rows = db
    .select(placedColumns)
    .from(candidates)
    .where(and(idInRun(candidates.id, run), inArray(candidates.id, again)))
    .all();
  const ofCandidate = Map.groupBy(timings, (m) => m.candidate);
  return rows
    .flatMap((row) => {
      const counting = countingTimings(ofCandidate.get(row.id) ?? [], niches.workloadsOf(row.island));
      return counting.length === 0 ? [] : [place(row, counting, niches.objective)];
    })
    .filter((place) => place.rounds > 0)
    .sort((a, b) => b.rounds - a.rounds || better(a, b));
}

/**
 * Single evaluations, best first, but those `passed` over. The rows of all tables come joined and in order, so that
 * nothing of a hundred thousand of them is looked up or kept.
 */
function rankSingles(
  db: LineageDatabase,
  run: string,
  niches: Niches,
  passed: ReadonlySet<string>,
  limit: number,
): Ranked[] {
  const query = db
    .select(singleColumns)
    .from(evaluations)
    .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
    .innerJoin(measurements, and(eq(measurements.candidate, evaluations.candidate), eq(measurements.round, 0)))
    .where(
      and(
        idInRun(evaluations.candidate, run),
        eq(evaluations.outcome, "ok"),
        inArray(measurements.workload, [...niches.workloads]),
      ),
    )
    // A candidate that was stopped early was not timed to the end; it never ranks above a fully timed one.
    .orderBy(
      ...[evaluations.stoppedEarly, desc(evaluations.fitness), evaluations.timeMs, candidates.createdAt],
      evaluations.candidate,
    )
    // A candidate has at most one row for each workload.
    .limit(Math.min((limit + passed.size) * niches.workloads.length, Number.MAX_SAFE_INTEGER));
  const places: Ranked[] = [];
  let row: Placed | undefined;
  let timings: Measured[] = [];
  const end = () => {
    if (row === undefined || passed.has(row.id)) return;
    const counting = countingTimings(timings, niches.workloadsOf(row.island));
    if (counting.length > 0) places.push(place(row, counting, niches.objective));
  };
  for (const [id, config, island, batch, proposer, ...timing] of rowsOf<SingleRow>(db, query)) {
    if (id !== row?.id) {
      end();
      if (places.length >= limit) return places;
      row = { id, config, island, batch, proposer };
      timings = [];
    }
    const [workload, timeMs, baselineMs, speedup, speedupLow, speedupHigh, metrics] = timing;
    timings.push({ round: 0, workload, timeMs, baselineMs, speedup, speedupLow, speedupHigh, metrics });
  }
  end();
  return places;
}

const placedColumns = {
  id: candidates.id,
  config: candidates.config,
  island: candidates.island,
  batch: candidates.batch,
  proposer: candidates.proposer,
};

const { candidate: _, round: __, ...wanted } = timingColumns;
const singleColumns = { ...placedColumns, ...wanted };

/** Values of `singleColumns`. */
type SingleRow = [
  ...[id: string, config: string, island: number, batch: number, proposer: string],
  ...[workload: string, timeMs: number | null, baselineMs: number | null],
  ...[speedup: number | null, speedupLow: number | null, speedupHigh: number | null, metrics: string],
];

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
