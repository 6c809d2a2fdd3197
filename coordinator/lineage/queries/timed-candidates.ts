/**
 * Candidates with their times, read one at a time and as bare arrays: of a hundred thousand, an object for each row costs
 * more than the query.
 */
import type Database from "better-sqlite3";
import type { LineageDatabase } from "../database.ts";
import { candidates, measurements } from "../schema.ts";

/** What a query of `timedCandidates` selects; the rest of a measurement (samples) is large. */
export const timedColumns = {
  id: candidates.id,
  config: candidates.config,
  island: candidates.island,
  batch: candidates.batch,
  proposer: candidates.proposer,
  round: measurements.round,
  workload: measurements.workload,
  timeMs: measurements.timeMs,
  baselineMs: measurements.baselineMs,
  speedup: measurements.speedup,
  speedupLow: measurements.speedupLow,
  speedupHigh: measurements.speedupHigh,
  metrics: measurements.metrics,
};

export type CandidateRow = Pick<typeof candidates.$inferSelect, "id" | "config" | "island" | "batch" | "proposer">;
export type CandidateTiming = Pick<
  typeof measurements.$inferSelect,
  "round" | "workload" | "timeMs" | "baselineMs" | "speedup" | "speedupLow" | "speedupHigh" | "metrics"
>;

export interface TimedCandidate {
  readonly row: CandidateRow;
  readonly timings: readonly CandidateTiming[];
}

/** The values of `timedColumns`, in their order. */
type Values = [
  ...[id: string, config: string, island: number, batch: number, proposer: string],
  ...[round: number, workload: string, timeMs: number | null, baselineMs: number | null],
  ...[speedup: number | null, speedupLow: number | null, speedupHigh: number | null, metrics: string],
];

interface Query {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

/** @param query of `timedColumns`, in an order that has the rows of each candidate together. */
export function* timedCandidates(db: LineageDatabase, query: Query): Generator<TimedCandidate, void> {
  let row: CandidateRow | undefined;
  let timings: CandidateTiming[] = [];
  for (const values of valuesOf<Values>(db, query)) {
    if (values[0] !== row?.id) {
      if (row !== undefined) yield { row, timings };
      row = rowIn(values);
      timings = [];
    }
    timings.push(timingIn(values));
  }
  if (row !== undefined) yield { row, timings };
}

/** Of each row what the query selects, in its order. */
export function valuesOf<V extends unknown[]>(db: LineageDatabase, query: Query): IterableIterator<V> {
  const { sql, params } = query.toSQL();
  const { $client } = db as LineageDatabase & { readonly $client: Database.Database };
  return $client
    .prepare<unknown[], V>(sql)
    .raw()
    .iterate(...params) as IterableIterator<V>;
}

function rowIn(values: Values): CandidateRow {
  return { id: values[0], config: values[1], island: values[2], batch: values[3], proposer: values[4] };
}

function timingIn(values: Values): CandidateTiming {
  return {
    round: values[5],
    workload: values[6],
    timeMs: values[7],
    baselineMs: values[8],
    speedup: values[9],
    speedupLow: values[10],
    speedupHigh: values[11],
    metrics: values[12],
  };
}
