/**
 * The order of a run's candidates, best first. Finalists that were measured again (rounds from 1) come before all
 * others, ordered by the geometric mean over workloads and rounds, since a single evaluation that led a search is
 * partly luck. One with fewer rounds than others was not reached, and comes after them; one that failed on fresh inputs is out.
 * Then come single evaluations, by fitness. In replay, where there is no baseline, time decides, or what the recording was tuned for.
 */
import { isBetter, type Objective } from "@kevo/proto/objective.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { and, eq, gte, inArray } from "drizzle-orm";
import { z } from "zod";
import { combine } from "../combine.ts";
import type { LineageDatabase } from "../database.ts";
import { type ObjectiveValue, objectiveValue } from "../run-objective.ts";
import { candidates, measurements } from "../schema.ts";
import { failedFinalists } from "./finalists.ts";
import { type Niches, readNiches } from "./niches.ts";
import { idInRun } from "./of-run.ts";
import { compareStandings, type Standing, singleEvaluations } from "./single-evaluations.ts";
import {
  type CandidateRow,
  type CandidateTiming,
  type TimedCandidate,
  timedCandidates,
  timedColumns,
} from "./timed-candidates.ts";

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

/** @param limit most rows wanted. */
export function ranking(db: LineageDatabase, run: string, limit: number): Ranked[] {
  const niches = readNiches(db, run);
  const out = failedFinalists(db, run).map(({ candidate }) => candidate);
  const finalists = rankFinalists(db, run, niches).filter((place) => !out.includes(place.candidate));
  if (finalists.length >= limit) return finalists.slice(0, limit);
  const passed = new Set([...out, ...finalists.map((place) => place.candidate)]);
  return [...finalists, ...rankSingles(db, run, niches, passed, limit - finalists.length)];
}

/** These candidates, few, with what they were measured at; those without timings are left out. */
export function standingsOf(db: LineageDatabase, run: string, ids: readonly string[]): Ranked[] {
  const query = db
    .select(timedColumns)
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .where(inArray(measurements.candidate, [...ids]))
    .orderBy(measurements.candidate);
  return ids.length === 0 ? [] : [...placesOf(timedCandidates(db, query), readNiches(db, run))];
}

/** Timings of the rounds that count: complete re-measurements where there are any, else the evaluation's own. */
export function countingTimings<T extends Pick<CandidateTiming, "round" | "workload">>(
  rows: readonly T[],
  workloads: readonly string[],
): readonly T[] {
  const [only] = rows;
  // The case of a hundred thousand candidates of one workload.
  if (rows.length === 1 && only?.round === 0 && workloads.includes(only.workload)) return rows;
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
  const query = db
    .select(timedColumns)
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .where(and(idInRun(measurements.candidate, run), inArray(measurements.candidate, again)))
    .orderBy(measurements.candidate);
  return [...placesOf(timedCandidates(db, query), niches)]
    .filter((place) => place.rounds > 0)
    .sort((a, b) => b.rounds - a.rounds || better(a, b));
}

/** Single evaluations, best first, but those `passed` over. */
function rankSingles(
  db: LineageDatabase,
  run: string,
  niches: Niches,
  passed: ReadonlySet<string>,
  limit: number,
): Ranked[] {
  const singles: { place: Ranked; standing: Standing }[] = [];
  for (const { row, timings } of singleEvaluations(db, run, niches.workloads, limit + passed.size)) {
    // Placed as they are read: of a hundred thousand, rows and timings need not be held.
    const counting = passed.has(row.id) ? [] : countingTimings(timings, niches.workloadsOf(row.island));
    if (counting.length > 0) singles.push({ place: place(row, counting, niches.objective), standing: row.standing });
  }
  singles.sort((a, b) => compareStandings(a.standing, b.standing) || (a.place.candidate < b.place.candidate ? -1 : 1));
  return singles.slice(0, limit).map(({ place }) => place);
}

/** Those without timings that count are left out. */
function* placesOf(timed: Iterable<TimedCandidate>, niches: Niches): Generator<Ranked, void> {
  for (const { row, timings } of timed) {
    const counting = countingTimings(timings, niches.workloadsOf(row.island));
    if (counting.length > 0) yield place(row, counting, niches.objective);
  }
}

export function place(
  row: CandidateRow,
  timings: readonly CandidateTiming[],
  objective: Objective | undefined,
): Ranked {
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
    rounds: timings.every(({ round }) => round === 0) ? 0 : new Set(timings.map(({ round }) => round)).size,
  };
}

/** A recording has one workload, and is measured once. */
function valueIn(timings: readonly CandidateTiming[], objective: Objective): ObjectiveValue {
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
