/** Reads a stored run back into the ledger's state, in the order in which its candidates were accepted. */

import type { LogEntry } from "@kevo/proto/log.ts";
import { measurementOfRow } from "@kevo/proto/measurement-codec.ts";
import type { Outcome, ReportedMeasurement } from "@kevo/proto/outcome.ts";
import { and, asc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { LineageDatabase } from "../lineage/database.ts";
import { attempts, candidates, evaluations, islands, log, measurements, parents } from "../lineage/schema.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { AcceptedCandidate, EvaluationRecord } from "./records.ts";

interface StoredCandidate {
  readonly candidate: AcceptedCandidate;
  readonly record: EvaluationRecord | null;
  readonly logged: boolean;
}

/** Also takes over each island's epoch, next batch, tail and exhaustion into the state. */
export function readStored(db: LineageDatabase, state: LedgerState): StoredCandidate[] {
  const { run } = state.spec;
  for (const row of db.select().from(islands).where(eq(islands.run, run)).all()) {
    const island = state.islands[row.island];
    if (island === undefined) continue;
    island.epoch = row.epoch;
    island.nextBatch = row.nextBatch;
    island.tail = row.tail;
    island.exhausted = row.exhausted;
  }
  const logged = loggedCandidates(db, run);
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
              measurements: measurementsOf.get(row.id) ?? [],
            },
      logged: logged.has(row.id),
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

/** Of the candidates that have no evaluation yet. */
export function readPastAttempts(db: LineageDatabase, run: string): Map<string, PastAttempts> {
  // Without a stage the daemon may never have heard of it.
  const died = and(eq(attempts.end, "evaluator_lost"), isNotNull(attempts.stage));
  const rows = db
    .select({
      candidate: attempts.candidate,
      attempts: sql<number>`max(${attempts.attempt})`,
      deaths: sql<number>`sum(${died})`,
    })
    .from(attempts)
    .innerJoin(candidates, eq(candidates.id, attempts.candidate))
    .leftJoin(evaluations, eq(evaluations.candidate, attempts.candidate))
    .where(and(eq(candidates.run, run), isNull(evaluations.candidate)))
    .groupBy(attempts.candidate)
    .all();
  return new Map(rows.map(({ candidate, ...past }) => [candidate, past]));
}

function loggedCandidates(db: LineageDatabase, run: string): Set<string> {
  const logged = new Set<string>();
  for (const { entry } of db.select({ entry: log.entry }).from(log).where(eq(log.run, run)).all()) {
    const parsed = JSON.parse(entry) as LogEntry;
    if (parsed.type === "evaluated") logged.add(parsed.candidate);
  }
  return logged;
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
