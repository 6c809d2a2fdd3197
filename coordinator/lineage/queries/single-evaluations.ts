/**
 * Candidates by their single evaluation. SQLite reads them as they lie, and of a million only those that can be among the
 * best; who reads sorts them, since sorting whole rows costs SQLite more than reading them.
 */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { candidates, evaluations, measurements } from "../schema.ts";
import { idInRun } from "./of-run.ts";
import { type CandidateRow, type TimedCandidate, timedColumns, timedRows, type Values } from "./timed-candidates.ts";

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

/** In no order: the best, at least as many as `limit` where there are as many. */
export function singleEvaluations(
  db: LineageDatabase,
  run: string,
  workloads: readonly string[],
  limit: number,
): Generator<TimedCandidate<Single>, void> {
  const best = amongTheBest(db, run, limit);
  const query = db
    .select({ ...timedColumns, stoppedEarly, minusFitness, standingMs: timeMs, createdAt: candidates.createdAt })
    // Cross joins are made in this order: from the evaluations, most of which do not matter.
    .from(evaluations)
    .crossJoin(candidates)
    .crossJoin(measurements)
    .where(
      and(
        // All of them are read in the order of their ids: what lies near is read together, in a third of the time.
        best === undefined
          ? and(idInRun(evaluations.candidate, run), eq(evaluations.outcome, "ok"))
          : and(succeeded(run), best),
        eq(candidates.id, evaluations.candidate),
        eq(measurements.candidate, evaluations.candidate),
        eq(measurements.round, 0),
        inArray(measurements.workload, [...workloads]),
      ),
    );
  return timedRows(db, query, singleIn);
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

/** A candidate with what its evaluation is placed by. */
interface Single extends CandidateRow {
  readonly standing: Standing;
}

export interface Standing {
  readonly stoppedEarly: number;
  readonly minusFitness: number;
  readonly timeMs: number;
  readonly createdAt: number;
}

function singleIn(values: Values<[number, number, number, number]>): Single {
  return {
    id: values[0],
    config: values[1],
    island: values[2],
    batch: values[3],
    proposer: values[4],
    standing: { stoppedEarly: values[13], minusFitness: values[14], timeMs: values[15], createdAt: values[16] },
  };
}

/** Negative where `a` is better. Of equals, the one that was proposed first. Infinities that are equal differ by no number. */
export function compareStandings(a: Standing, b: Standing): number {
  if (a.stoppedEarly !== b.stoppedEarly) return a.stoppedEarly - b.stoppedEarly;
  if (a.minusFitness !== b.minusFitness) return a.minusFitness - b.minusFitness;
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  return a.createdAt - b.createdAt;
}
