/**
 * The order of a run's candidates, best first. Finalists that were measured again (rounds from 1) come before all
 * others, ordered by the geometric mean over workloads and rounds, since a single evaluation that led a search is
 * partly luck. One with fewer rounds than others was not reached, and comes after them; one that failed on fresh inputs is out.
 * Then come single evaluations, by fitness. In replay, where there is no baseline, time decides, or what the recording was tuned for.
 */
import { and, eq, gte, inArray } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { candidates, measurements } from "../schema.ts";
import { failedFinalists } from "./finalists.ts";
import { type Niches, readNiches } from "./niches.ts";
import { idInRun } from "./of-run.ts";
import { better, place, type Ranked } from "./place.ts";
import { singleEvaluations } from "./single-evaluations.ts";
import { SinglePlaces } from "./single-places.ts";
import { type CandidateTiming, type TimedCandidate, timedCandidates, timedColumns } from "./timed-candidates.ts";

/** @param limit most rows wanted. */
export function ranking(db: LineageDatabase, run: string, limit: number): Ranked[] {
  return [...readRanking(db, run, limit)];
}

/** The same, where it may be long: a place is made when it is asked for, and again when it is asked for again. */
export function readRanking(db: LineageDatabase, run: string, limit: number): Iterable<Ranked> {
  const niches = readNiches(db, run);
  const out = failedFinalists(db, run).map(({ candidate }) => candidate);
  const finalists = rankFinalists(db, run, niches).filter((place) => !out.includes(place.candidate));
  if (finalists.length >= limit) return finalists.slice(0, limit);
  const passed = new Set([...out, ...finalists.map((place) => place.candidate)]);
  const singles = new SinglePlaces(niches, passed);
  for (const values of singleEvaluations(db, run, niches.workloads, limit + passed.size)) singles.add(values);
  const rest = singles.bestFirst(limit - finalists.length);
  return {
    *[Symbol.iterator]() {
      yield* finalists;
      yield* rest;
    },
  };
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

/** Those without timings that count are left out. */
function* placesOf(timed: Iterable<TimedCandidate>, niches: Niches): Generator<Ranked, void> {
  for (const { row, timings } of timed) {
    const counting = countingTimings(timings, niches.workloadsOf(row.island));
    if (counting.length > 0) yield place(row, counting, niches.objective);
  }
}
