/** Calls of language models as they were recorded. */
import { type CallRecord, callRecord } from "@kevo/proto/model-call.ts";
import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { modelCalls } from "../schema.ts";

type Row = typeof modelCalls.$inferSelect;

/** All that a run recorded, in the order in which it was asked. */
export function callsOf(db: LineageDatabase, run: string): CallRecord[] {
  return db
    .select()
    .from(modelCalls)
    .where(and(eq(modelCalls.run, run), isNotNull(modelCalls.outcome)))
    .orderBy(asc(sql`${modelCalls}.rowid`))
    .all()
    .map(recordOf);
}

/** Null where it was never recorded. */
export function callOf(db: LineageDatabase, id: string): CallRecord | null {
  const row = db
    .select()
    .from(modelCalls)
    .where(and(eq(modelCalls.id, id), isNotNull(modelCalls.outcome)))
    .get();
  return row === undefined ? null : recordOf(row);
}

/** The first good answer of a run to a question. */
export function answeredCall(db: LineageDatabase, run: string, hash: string): CallRecord | null {
  const row = db
    .select()
    .from(modelCalls)
    .where(and(eq(modelCalls.run, run), eq(modelCalls.promptHash, hash), eq(modelCalls.outcome, "ok")))
    .orderBy(asc(sql`${modelCalls}.rowid`))
    .limit(1)
    .get();
  return row === undefined ? null : recordOf(row);
}

/** The answers to a question in the order in which a run asked it; the last one for any later time. */
export function recordedCall(db: LineageDatabase, run: string, hash: string, index: number): CallRecord | null {
  const rows = db
    .select()
    .from(modelCalls)
    .where(
      and(
        eq(modelCalls.run, run),
        eq(modelCalls.promptHash, hash),
        isNotNull(modelCalls.outcome),
        sql`not coalesce(${modelCalls.retried}, 0)`,
      ),
    )
    .orderBy(asc(sql`${modelCalls}.rowid`))
    .limit(index + 1)
    .all();
  const row = rows.at(-1);
  return row === undefined ? null : recordOf(row);
}

function recordOf(row: Row): CallRecord {
  return callRecord.parse({
    id: row.id,
    hash: row.promptHash,
    proposer: row.proposer,
    variant: row.variant,
    island: row.island,
    model: row.model,
    answered_by: row.answeredBy,
    messages: JSON.parse(row.prompt ?? "[]"),
    answer: row.answer,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
    reasoning_tokens: row.reasoningTokens,
    reserved_usd: row.reservedUsd,
    cost_usd: row.costUsd,
    latency_ms: row.latencyMs ?? 0,
    attempt: row.attempt ?? 1,
    retried: row.retried ?? false,
    outcome: row.outcome,
    error: row.error,
    replayed: row.replayed ?? false,
    created_at: row.createdAt,
  });
}
