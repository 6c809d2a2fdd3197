/** The research stage's store during its work: runs, steps, calls with their dollars, exchanges, measurements. */
import type { CallRecord } from "@kevo/core/llm/call.ts";
import type { CallStore } from "@kevo/core/llm/call-store.ts";
import { overBudget, type Spending } from "@kevo/core/llm/spending.ts";
import { and, asc, desc, eq, isNotNull, sql, sum } from "drizzle-orm";
import type { ResearchDatabase } from "./database.ts";
import {
  researchCalls as calls,
  researchExchanges as exchanges,
  researchMeasurements as measurements,
  researchRuns as runs,
  researchSteps as steps,
} from "./schema.ts";

export type ResearchRun = typeof runs.$inferSelect;
export type ResearchStep = typeof steps.$inferSelect;

export function createRun(db: ResearchDatabase, run: Omit<ResearchRun, "status" | "message" | "endedAt">): void {
  db.insert(runs)
    .values({ ...run, status: "running" })
    .run();
}

/** @param id of a run, or the latest. */
export function findRun(db: ResearchDatabase, id?: string): ResearchRun | undefined {
  const query = db.select().from(runs);
  if (id !== undefined) return query.where(eq(runs.id, id)).get();
  return query.orderBy(desc(runs.createdAt)).limit(1).get();
}

export function setRun(db: ResearchDatabase, id: string, columns: Partial<ResearchRun>): void {
  db.update(runs).set(columns).where(eq(runs.id, id)).run();
}

export function findStep(db: ResearchDatabase, run: string, key: string): ResearchStep | undefined {
  return db
    .select()
    .from(steps)
    .where(and(eq(steps.run, run), eq(steps.key, key)))
    .get();
}

export function stepsOf(db: ResearchDatabase, run: string): ResearchStep[] {
  return db.select().from(steps).where(eq(steps.run, run)).orderBy(asc(steps.startedAt), asc(steps.key)).all();
}

/** A step with another input replaces the one under its key. The payments of an earlier session still count. */
export function putStep(db: ResearchDatabase, step: ResearchStep): void {
  const { run: _run, key: _key, ...columns } = step;
  db.insert(steps)
    .values(step)
    .onConflictDoUpdate({ target: [steps.run, steps.key], set: columns })
    .run();
}

/** Dollars of sources and models; a call that is not settled counts at what was reserved. */
export function spentOf(db: ResearchDatabase, run: string): { sources: number; models: number } {
  const sources = db
    .select({ usd: sum(steps.costUsd).mapWith(Number) })
    .from(steps)
    .where(eq(steps.run, run))
    .get();
  const models = db
    .select({ usd: sql<number>`coalesce(sum(coalesce(${calls.costUsd}, ${calls.reservedUsd})), 0)` })
    .from(calls)
    .where(eq(calls.run, run))
    .get();
  return { sources: sources?.usd ?? 0, models: models?.usd ?? 0 };
}

/** A run's budget, which holds across sessions: a call that was cut off stays counted at its worst case. */
export function runSpending(db: ResearchDatabase, run: string, budgetUsd: number): Spending {
  const inOne = db.transaction.bind(db);
  return {
    reserve: async ({ id, usd, hash, proposer, model }) =>
      inOne((): void => {
        if (db.select({ id: calls.id }).from(calls).where(eq(calls.id, id)).get() !== undefined) return;
        const { sources, models } = spentOf(db, run);
        if (sources + models + usd > budgetUsd) throw overBudget(usd, budgetUsd, sources + models);
        const row = { id, run, hash, proposer, model, reservedUsd: usd, createdAt: Date.now() };
        db.insert(calls).values(row).run();
      }),
    settle: async (id, usd) => {
      db.update(calls)
        .set({ costUsd: usd, settled: true })
        .where(and(eq(calls.id, id), eq(calls.settled, false)))
        .run();
    },
  };
}

/** The calls of a run, so that a question that was answered is never asked again. */
export function runCalls(db: ResearchDatabase, run: string): CallStore {
  return {
    answered: async (hash) =>
      callsOf(db, run, hash).find(({ outcome, retried }) => outcome === "ok" && !retried) ?? null,
    record: async (call) => {
      const { id, hash, proposer, model, reserved_usd: reservedUsd, cost_usd: costUsd, created_at: createdAt } = call;
      const record = JSON.stringify(call);
      db.insert(calls)
        .values({ id, run, hash, proposer, model, reservedUsd, costUsd, settled: true, record, createdAt })
        .onConflictDoUpdate({ target: calls.id, set: { record, costUsd, settled: true } })
        .run();
    },
  };
}

/** In the order of their recording; those with one hash, or all of the run's. */
export function callsOf(db: ResearchDatabase, run: string, hash?: string): CallRecord[] {
  const which = hash === undefined ? undefined : eq(calls.hash, hash);
  const rows = db
    .select({ record: calls.record })
    .from(calls)
    .where(and(eq(calls.run, run), isNotNull(calls.record), which))
    .orderBy(asc(sql`${calls}.rowid`))
    .all();
  return rows.map(({ record }) => JSON.parse(record as string) as CallRecord);
}

/** JSON of the exchanges with this hash, oldest first; all of the run's without a hash. */
export function exchangesOf(db: ResearchDatabase, run: string, hash?: string): string[] {
  const which = hash === undefined ? eq(exchanges.run, run) : and(eq(exchanges.run, run), eq(exchanges.hash, hash));
  const rows = db.select({ exchange: exchanges.exchange }).from(exchanges).where(which).orderBy(exchanges.id).all();
  return rows.map(({ exchange }) => exchange);
}

export function addExchange(db: ResearchDatabase, run: string, hash: string, exchange: string): void {
  db.insert(exchanges).values({ run, hash, exchange }).run();
}

/** Removes all exchanges of a run with outside services. */
export function forgetExchanges(db: ResearchDatabase, run: string): void {
  db.delete(exchanges).where(eq(exchanges.run, run)).run();
}

export function measurementOf(db: ResearchDatabase, run: string, hash: string): string | null {
  const which = and(eq(measurements.run, run), eq(measurements.hash, hash));
  return db.select().from(measurements).where(which).get()?.result ?? null;
}

export function measurementsOf(db: ResearchDatabase, run: string): { hash: string; result: string }[] {
  return db
    .select({ hash: measurements.hash, result: measurements.result })
    .from(measurements)
    .where(eq(measurements.run, run))
    .orderBy(measurements.createdAt, measurements.hash)
    .all();
}

export function putMeasurement(db: ResearchDatabase, run: string, hash: string, result: string): void {
  db.insert(measurements).values({ run, hash, result, createdAt: Date.now() }).onConflictDoNothing().run();
}
