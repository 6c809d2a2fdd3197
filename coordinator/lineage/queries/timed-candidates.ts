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
type Row = [
  ...[id: string, config: string, island: number, batch: number, proposer: string],
  ...[round: number, workload: string, timeMs: number | null, baselineMs: number | null],
  ...[speedup: number | null, speedupLow: number | null, speedupHigh: number | null, metrics: string],
];

/** @param query of `timedColumns`, in an order that has the rows of each candidate together. */
export function* timedCandidates(
  db: LineageDatabase,
  query: { toSQL(): { readonly sql: string; readonly params: readonly unknown[] } },
): Generator<TimedCandidate, void> {
  const { sql, params } = query.toSQL();
  const { $client } = db as LineageDatabase & { readonly $client: Database.Database };
  let row: CandidateRow | undefined;
  let timings: CandidateTiming[] = [];
  for (const values of $client
    .prepare<unknown[], Row>(sql)
    .raw()
    .iterate(...params) as IterableIterator<Row>) {
    const [id, config, island, batch, proposer, ...timing] = values;
    const [round, workload, timeMs, baselineMs, speedup, speedupLow, speedupHigh, metrics] = timing;
    if (id !== row?.id) {
      if (row !== undefined) yield { row, timings };
      row = { id, config, island, batch, proposer };
      timings = [];
    }
    timings.push({ round, workload, timeMs, baselineMs, speedup, speedupLow, speedupHigh, metrics });
  }
  if (row !== undefined) yield { row, timings };
}
