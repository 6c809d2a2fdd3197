/**
 * Candidates by their single evaluation. SQLite reads them as they lie, and of a million only those that can be among the
 * best; who reads sorts them, since sorting whole rows costs SQLite more than reading them.
 */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { candidates, evaluations, measurements } from "../schema.ts";
import { idInRun } from "./of-run.ts";
import { timedColumns, valuesOf } from "./timed-candidates.ts";

/**
 * What an evaluation is placed by, the smaller the better. None is null, so that all compare. A candidate that was stopped
 * early was not timed to the end; it never ranks above a fully timed one. A recording may have no time.
 */
const STANDING = [
  sql<number>`${evaluations.stoppedEarly}`,
  sql<number>`ifnull(-${evaluations.fitness}, 9e999)`,
  sql<number>`ifnull(${evaluations.timeMs}, -9e999)`,
] as const;
const [stoppedEarly, minusFitness, timeMs] = STANDING;

/** A candidate's timing of one workload, with what its evaluation is placed by: a bare array, which costs least. */
export type SingleEvaluation = [
  ...[id: string, config: string, island: number, batch: number, proposer: string, workload: string],
  ...[timeMs: number | null, speedup: number | null, speedupLow: number | null, speedupHigh: number | null],
  ...[metrics: string, stoppedEarly: number, minusFitness: number, standingMs: number, createdAt: number],
];

/** In no order, but the rows of each candidate together: the best, at least as many as `limit` where there are as many. */
export function singleEvaluations(
  db: LineageDatabase,
  run: string,
  workloads: readonly string[],
  limit: number,
): IterableIterator<SingleEvaluation> {
  const best = amongTheBest(db, run, limit);
  const { round, baselineMs, ...timed } = timedColumns;
  const columns = { ...timed, stoppedEarly, minusFitness, standingMs: timeMs, createdAt: candidates.createdAt };
  const belong = and(
    eq(candidates.id, evaluations.candidate),
    eq(measurements.candidate, evaluations.candidate),
    eq(measurements.round, 0),
    inArray(measurements.workload, [...workloads]),
    eq(evaluations.outcome, "ok"),
  );
  const select = db.select(columns);
  // Cross joins are made in this order. All are read as they were written, which takes less than two thirds of the time
  // of any other order; a few are looked up from the evaluations.
  const query =
    best === undefined
      ? select
          .from(candidates)
          .crossJoin(evaluations)
          .crossJoin(measurements)
          .where(and(writtenBy(db, run), belong))
      : select
          .from(evaluations)
          .crossJoin(candidates)
          .crossJoin(measurements)
          .where(and(succeeded(run), best, belong));
  return valuesOf(db, query);
}

/** The run's candidates, in the order in which they were written. */
function writtenBy(db: LineageDatabase, run: string): SQL {
  const rowid = sql`${candidates}.rowid`;
  const written = db
    .select({ first: sql`min(${rowid})`, last: sql`max(${rowid})` })
    .from(candidates)
    .where(idInRun(candidates.id, run))
    .get();
  // The plus keeps SQLite from an index on runs, whose order is another.
  return sql`${rowid} between ${written?.first} and ${written?.last} and +${candidates.run} = ${run}`;
}

const succeeded = (run: string) => and(eq(evaluations.run, run), eq(evaluations.outcome, "ok"));

/** True for as many as `limit`, and for more where the last of them have equals; undefined where there are no more. */
function amongTheBest(db: LineageDatabase, run: string, limit: number): SQL | undefined {
  const all = db.select({ stoppedEarly, minusFitness, timeMs }).from(evaluations).where(succeeded(run)).$dynamic();
  const offset = Math.min(limit, Number.MAX_SAFE_INTEGER);
  // Sorting those of a large limit costs more than looking whether there are more.
  if (all.limit(1).offset(offset).get() === undefined) return undefined;
  const last = all
    .orderBy(...STANDING)
    .limit(1)
    .offset(offset - 1)
    .get();
  return sql`(${sql.join([...STANDING], sql`, `)}) <= (${last?.stoppedEarly}, ${last?.minusFitness}, ${last?.timeMs})`;
}
