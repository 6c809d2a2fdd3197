/** Prepared writes of the ledger. Each runs inside the ledger's group commit. */

import type { AttemptEnd } from "@kevo/proto/attempt.ts";
import type { Description } from "@kevo/proto/evaluator-service.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { measurementRow } from "@kevo/proto/measurement-codec.ts";
import type { ReportedMeasurement } from "@kevo/proto/outcome.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import canonicalize from "canonicalize";
import { and, eq, getTableColumns, isNull, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { LineageDatabase } from "../lineage/database.ts";
import * as schema from "../lineage/schema.ts";
import { worthOf } from "./fitness.ts";
import { type IslandLedger, splitCandidateId } from "./island-ledger.ts";
import type { AcceptedCandidate, EvaluationRecord, EvolvedSource } from "./records.ts";

export interface AttemptStart {
  readonly candidate: string;
  readonly attempt: number;
  readonly evaluator: string;
  readonly startedAt: number;
}

interface AttemptEnding {
  readonly stage: string | null;
  readonly end: AttemptEnd;
  readonly endedAt: number;
}

export interface SeenEvaluator {
  readonly id: string;
  readonly address: string;
  readonly description: Description;
  readonly state: (typeof schema.evaluators.$inferInsert)["state"];
}

export function prepareStatements(db: LineageDatabase) {
  const candidate = insertInto(db, schema.candidates);
  const parent = insertInto(db, schema.parents);
  const migration = insertInto(db, schema.migrations);
  const evaluation = insertInto(db, schema.evaluations);
  const measurement = insertInto(db, schema.measurements);
  const log = insertInto(db, schema.log);
  const attempt = insertInto(db, schema.attempts);
  const evolvedSource = db
    .insert(schema.evolvedSources)
    .values({ hash: sql.placeholder("hash"), text: sql.placeholder("text"), createdAt: sql.placeholder("createdAt") })
    .onConflictDoNothing()
    .prepare();
  const { attempts, islands, runs } = schema;
  const endAttempt = db
    .update(attempts)
    .set({ stage: parameter("stage"), end: parameter("end"), endedAt: parameter("endedAt") })
    .where(and(eq(attempts.candidate, sql.placeholder("candidate")), eq(attempts.attempt, sql.placeholder("attempt"))))
    .prepare();
  const island = db
    .update(islands)
    .set({
      epoch: parameter("epoch"),
      worker: parameter("worker"),
      nextBatch: parameter("nextBatch"),
      tail: parameter("tail"),
      exhausted: parameter("exhausted"),
    })
    .where(and(eq(islands.run, sql.placeholder("run")), eq(islands.island, sql.placeholder("island"))))
    .prepare();
  const accepted = db
    .update(runs)
    .set({ accepted: parameter("accepted"), best: parameter("best") })
    .where(eq(runs.id, sql.placeholder("run")))
    .prepare();

  const evaluatorRow = Object.fromEntries(
    Object.keys(getTableColumns(schema.evaluators)).map((name) => [name, sql.placeholder(name)]),
  );
  const evaluator = db
    .insert(schema.evaluators)
    .values(evaluatorRow as unknown as typeof schema.evaluators.$inferInsert)
    .onConflictDoUpdate({
      target: [schema.evaluators.run, schema.evaluators.id],
      set: {
        address: sql`excluded.address`,
        description: sql`excluded.description`,
        state: sql`excluded.state`,
        lastSeen: sql`excluded.last_seen`,
      },
    })
    .prepare();

  return {
    evaluator(run: string, { id, address, description, state }: SeenEvaluator, now: number): void {
      const { backend } = description;
      const row = { run, id, address, backend, description: JSON.stringify(description), state };
      evaluator.run({ ...row, firstSeen: now, lastSeen: now });
    },

    candidate(run: string, row: AcceptedCandidate, now: number): void {
      candidate({
        id: row.id,
        run,
        island: row.island,
        batch: row.batch,
        position: row.index,
        genome: row.genome,
        config: canonicalize(row.config) as string,
        source: row.source,
        proposer: row.proposer,
        reason: row.reason,
        call: row.call ?? null,
        answeredBy: row.answeredBy,
        createdAt: now,
      });
      for (const [position, id] of row.parents.entries()) parent({ candidate: row.id, position, parent: id });
      const origin = row.parents[0];
      if (row.proposer === "migrant" && origin !== undefined) {
        migration({
          candidate: row.id,
          run,
          origin,
          fromIsland: splitCandidateId(origin).island,
          toIsland: row.island,
          batch: row.batch,
          createdAt: now,
        });
      }
    },

    evolvedSource({ hash, text }: EvolvedSource, now: number): void {
      evolvedSource.run({ hash, text, createdAt: now });
    },

    evaluation({ run, objective }: RunSpec, record: EvaluationRecord, now: number): void {
      const worth = record.outcome === "ok" ? worthOf(record.measurements, objective) : null;
      const { measurements: _, resources, ...row } = record;
      evaluation({
        ...row,
        resources: JSON.stringify(resources),
        ...{ run, fitness: worth?.fitness ?? null, timeMs: worth?.timeMs ?? null, createdAt: now },
      });
    },

    measurements(id: string, round: number, rows: readonly ReportedMeasurement[], now: number): void {
      for (const row of rows) {
        measurement({ candidate: id, round, ...measurementRow(row), createdAt: now });
      }
    },

    log(entry: LogEntry): void {
      log({ run: entry.run, island: entry.island, n: entry.n, entry: JSON.stringify(entry) });
    },

    island(run: string, { island: index, epoch, worker, nextBatch, tail, exhausted }: IslandLedger): void {
      island.run({ run, island: index, epoch, worker, nextBatch, tail, exhausted: exhausted ? 1 : 0 });
    },

    run(run: string, count: number, best: string | null): void {
      accepted.run({ run, accepted: count, best });
    },

    /** An attempt that has begun, or one that has ended before its start was stored. */
    attempt(row: AttemptStart & Partial<AttemptEnding>): void {
      attempt({ stage: null, end: null, endedAt: null, ...row });
    },

    endAttempt(row: { candidate: string; attempt: number } & AttemptEnding): void {
      endAttempt.run({ ...row });
    },

    /** Attempts that a dead coordinator left open. */
    closeAttempts(run: string, now: number): void {
      db.update(attempts)
        .set({ end: "coordinator_lost", endedAt: now })
        .where(and(isNull(attempts.end), sql`${attempts.candidate} like ${`${run}/%`}`))
        .run();
    },
  };
}

export type Statements = ReturnType<typeof prepareStatements>;

/** A prepared insert that takes every column of the table by name. */
function insertInto<T extends SQLiteTable>(db: LineageDatabase, table: T): (row: Record<string, unknown>) => void {
  const names = Object.keys(getTableColumns(table));
  const values = Object.fromEntries(names.map((name) => [name, sql.placeholder(name)]));
  const prepared = db
    .insert(table)
    .values(values as unknown as T["$inferInsert"])
    .prepare();
  return (row) => {
    prepared.run(row);
  };
}

/** drizzle's types do not allow a placeholder for a value in an update, though its driver does. */
function parameter(name: string) {
  return sql`${sql.placeholder(name)}`;
}
