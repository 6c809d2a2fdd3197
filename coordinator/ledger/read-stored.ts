/** Reads a stored run: what the ledger's state takes up, in the order in which its candidates were accepted. */

import type { LogEntry } from "@kevo/proto/log.ts";
import { measurementOfRow } from "@kevo/proto/measurement-codec.ts";
import type { Outcome, ReportedMeasurement } from "@kevo/proto/outcome.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type Database from "better-sqlite3";
import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import type { LineageDatabase } from "../lineage/database.ts";
import { attempts, candidates, evaluations, islands, measurements, parents } from "../lineage/schema.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { AcceptedCandidate, EvaluationRecord } from "./records.ts";
import type { StoredCandidate } from "./stored-candidate.ts";
import { unknownVerdict, type Verdicts, verdictOf } from "./verdict.ts";

/** Takes over each island's epoch, next batch, tail and exhaustion into the state. */
export function readIslands(db: LineageDatabase, state: LedgerState): void {
  for (const row of db.select().from(islands).where(eq(islands.run, state.spec.run)).all()) {
    const island = state.islands[row.island];
    if (island === undefined) continue;
    island.epoch = row.epoch;
    island.nextBatch = row.nextBatch;
    island.tail = row.tail;
    island.exhausted = row.exhausted;
  }
}

type Row = [
  ...[id: string, island: number, genome: string, source: string | null, answeredBy: string | null],
  ...[outcome: Outcome | null, fitness: number | null, timeMs: number | null],
];

/** One at a time, without what was measured: of a million, that would not fit into memory. */
export function* storedCandidates(db: LineageDatabase, { run, sync }: RunSpec): Generator<StoredCandidate, void> {
  // An evaluation and its entry are one transaction, but with --sync, where a generation's entries come at its end.
  const logged = sync ? loggedCandidates(db, run) : null;
  // The plus: in the order of the table as it lies, instead of by an index that would have to be sorted.
  const rows = clientOf(db)
    .prepare<[string], Row>(
      `select c.id, c.island, c.genome, c.source, c.answered_by, e.outcome, e.fitness, e.time_ms
       from candidates c left join evaluations e on e.candidate = coalesce(c.answered_by, c.id)
       where +c.run = ? order by c.rowid`,
    )
    .raw()
    .iterate(run);
  for (const [id, island, genome, source, answeredBy, outcome, fitness, time_ms] of rows) {
    yield {
      ...{ id, island, genome, source, answeredBy },
      answer: outcome === null ? null : { outcome, fitness, time_ms },
      logged: logged?.has(id) ?? outcome !== null,
      whole: () => candidateWith(db, id),
    };
  }
}

function candidateWith(db: LineageDatabase, id: string): AcceptedCandidate {
  const row = db.select().from(candidates).where(eq(candidates.id, id)).get();
  if (row === undefined) throw new Error(`${id} is not stored`);
  const found = db.select().from(parents).where(eq(parents.candidate, id)).orderBy(asc(parents.position)).all();
  return candidateOf(
    row,
    found.map(({ parent }) => parent),
  );
}

/** The verdicts that the database holds. */
export function storedVerdicts(db: LineageDatabase, spec: Pick<RunSpec, "objective">): Verdicts {
  return {
    keep: () => {},
    of: (candidate) => {
      const row = db.select().from(evaluations).where(eq(evaluations.candidate, candidate)).get();
      if (row === undefined) return unknownVerdict(candidate);
      const measured = db
        .select()
        .from(measurements)
        .where(and(eq(measurements.candidate, candidate), eq(measurements.round, 0)))
        .orderBy(sql`rowid`)
        .all();
      return verdictOf({ ...row, outcome: row.outcome as Outcome, measurements: measured.map(measurementOfRow) }, spec);
    },
  };
}

/** Each candidate of a run with its own evaluation, if it has one. */
export function readRecords(
  db: LineageDatabase,
  run: string,
): { candidate: AcceptedCandidate; record: EvaluationRecord | null }[] {
  const parentsOf = group(
    db
      .select({ id: parents.candidate, value: parents.parent })
      .from(parents)
      .innerJoin(candidates, eq(candidates.id, parents.candidate))
      .where(eq(candidates.run, run))
      .orderBy(asc(parents.candidate), asc(parents.position))
      .all(),
  );
  const measurementsOf = readMeasurements(db, run);
  return db
    .select()
    .from(candidates)
    .leftJoin(evaluations, eq(evaluations.candidate, candidates.id))
    .where(eq(candidates.run, run))
    .orderBy(sql`${candidates}.rowid`)
    .all()
    .map(({ candidates: row, evaluations: evaluation }) => ({
      candidate: candidateOf(row, parentsOf.get(row.id) ?? []),
      record:
        evaluation === null
          ? null
          : {
              ...evaluation,
              outcome: evaluation.outcome as Outcome,
              resources: JSON.parse(evaluation.resources),
              measurements: measurementsOf.get(row.id) ?? [],
            },
    }));
}

/** @param parents not stored in the row. */
export function candidateOf(row: typeof candidates.$inferSelect, parents: readonly string[] = []): AcceptedCandidate {
  return {
    id: row.id,
    index: row.position,
    genome: row.genome,
    config: JSON.parse(row.config),
    source: row.source,
    proposer: row.proposer,
    parents: [...parents],
    reason: row.reason,
    ...(row.call === null ? {} : { call: row.call }),
    island: row.island,
    batch: row.batch,
    answeredBy: row.answeredBy,
  };
}

export interface PastAttempts {
  readonly attempts: number;
  /** How often its daemon died while it was on its way there. */
  readonly deaths: number;
}

/** Of these candidates, which have no evaluation yet. */
export function readPastAttempts(db: LineageDatabase, ids: readonly string[]): Map<string, PastAttempts> {
  // Without a stage the daemon may never have heard of it.
  const died = and(eq(attempts.end, "evaluator_lost"), isNotNull(attempts.stage));
  const rows = db
    .select({
      candidate: attempts.candidate,
      attempts: sql<number>`max(${attempts.attempt})`,
      deaths: sql<number>`sum(${died})`,
    })
    .from(attempts)
    .where(sql`${attempts.candidate} in (select value from json_each(${JSON.stringify(ids)}))`)
    .groupBy(attempts.candidate)
    .all();
  return new Map(rows.map(({ candidate, ...past }) => [candidate, past]));
}

function loggedCandidates(db: LineageDatabase, run: string): Set<string> {
  const logged = new Set<string>();
  const entries = clientOf(db).prepare<[string], string>("select entry from log where run = ?").pluck().iterate(run);
  for (const entry of entries) {
    const parsed = JSON.parse(entry) as LogEntry;
    if (parsed.type === "evaluated") logged.add(parsed.candidate);
  }
  return logged;
}

function clientOf(db: LineageDatabase): Database.Database {
  return (db as LineageDatabase & { readonly $client: Database.Database }).$client;
}

function readMeasurements(db: LineageDatabase, run: string): Map<string, ReportedMeasurement[]> {
  const rows = db
    .select({ row: measurements })
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .where(and(eq(candidates.run, run), eq(measurements.round, 0)))
    .orderBy(sql`${measurements}.rowid`)
    .all();
  return group(rows.map(({ row }) => ({ id: row.candidate, value: measurementOfRow(row) })));
}

function group<T>(rows: readonly { id: string; value: T }[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const { id, value } of rows) {
    const values = groups.get(id);
    if (values === undefined) groups.set(id, [value]);
    else values.push(value);
  }
  return groups;
}
