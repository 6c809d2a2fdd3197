/** The cost of a run: dollars of language models, seconds of devices, and the cost of each per cent of speedup. */
import { count, desc, eq, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { LineageDatabase } from "../database.ts";
import { candidates, evaluations, modelCalls, runs } from "../schema.ts";
import { bestOf } from "./best.ts";

/** Of calls of language models. */
export interface CallSpend {
  /** Attempts that were sent or are in progress, including those repeated from a recording, at no cost. */
  readonly calls: number;
  /** Of them without an answer. */
  readonly failed: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  /** Settled cost, and the reservation of calls not settled. */
  readonly usd: number;
}

interface ModelSpend extends CallSpend {
  readonly proposer: string;
  readonly model: string;
  /** Of the prompt; null where there is one only. */
  readonly variant: string | null;
}

/** Dollars and device time of one island, or of one proposer. */
export interface Share extends CallSpend {
  readonly name: string;
  readonly evaluations: number;
  readonly device_s: number;
}

export interface Spend {
  readonly run: string;
  readonly models: readonly ModelSpend[];
  readonly islands: readonly Share[];
  readonly proposers: readonly Share[];
  readonly usd: number;
  /** Time in the exclusive lanes of devices, for evaluations. */
  readonly device_s: number;
  readonly compile_s: number;
  readonly evaluations: number;
  /** By how many per cent the best beats the fastest baseline; null in replay, and where nothing was gained. */
  readonly gained_percent: number | null;
  readonly usd_per_percent: number | null;
  readonly device_s_per_percent: number | null;
}

/** A call that is not settled counts at its worst case, as the budget counts it. */
const usd = sql<number>`coalesce(sum(coalesce(${modelCalls.costUsd}, ${modelCalls.reservedUsd})), 0)`;

const CALLS = {
  calls: count(),
  failed: sql<number>`sum(${modelCalls.outcome} is not null and ${modelCalls.outcome} <> 'ok')`,
  prompt_tokens: total(modelCalls.promptTokens),
  completion_tokens: total(modelCalls.completionTokens),
  reasoning_tokens: total(modelCalls.reasoningTokens),
  usd,
};
const NO_CALLS: CallSpend = {
  calls: 0,
  failed: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  usd: 0,
};

export function spentUsd(db: LineageDatabase, run: string): number {
  return db.select({ usd }).from(modelCalls).where(eq(modelCalls.run, run)).get()?.usd ?? 0;
}

export function spendOf(db: LineageDatabase, run: string): Spend {
  const models = db
    .select({ proposer: modelCalls.proposer, model: modelCalls.model, variant: modelCalls.variant, ...CALLS })
    .from(modelCalls)
    .where(eq(modelCalls.run, run))
    .groupBy(modelCalls.proposer, modelCalls.model, modelCalls.variant)
    .orderBy(modelCalls.proposer, modelCalls.model, modelCalls.variant)
    .all();
  const device = db
    .select({
      device_s: seconds(evaluations.laneMs),
      compile_s: seconds(evaluations.compileMs),
      evaluations: count(),
    })
    .from(evaluations)
    .where(sql`+${evaluations.run} = ${run}`)
    .get() ?? { device_s: 0, compile_s: 0, evaluations: 0 };
  const spent = spentUsd(db, run);
  const speedup = bestOf(db, run)?.speedup ?? null;
  const gained = speedup !== null && speedup > 1 ? (speedup - 1) * 100 : null;
  return {
    run,
    models,
    islands: sharesOf(db, run, candidates.island, modelCalls.island),
    proposers: sharesOf(db, run, candidates.proposer, modelCalls.proposer),
    usd: spent,
    ...device,
    gained_percent: gained,
    usd_per_percent: gained === null ? null : spent / gained,
    device_s_per_percent: gained === null ? null : device.device_s / gained,
  };
}

/** The spend of every run, the latest first. */
export function spendOfRuns(db: LineageDatabase): Spend[] {
  const latestFirst = [desc(runs.createdAt), desc(sql`${runs}.rowid`)];
  const rows = db
    .select({ id: runs.id })
    .from(runs)
    .orderBy(...latestFirst)
    .all();
  return rows.map(({ id }) => spendOf(db, id));
}

/** Device time and calls, put together by what they share: the island, or the proposer. */
function sharesOf(db: LineageDatabase, run: string, ofCandidate: SQLiteColumn, ofCall: SQLiteColumn): Share[] {
  const devices = db
    .select({ name: text(ofCandidate), device_s: seconds(evaluations.laneMs), evaluations: count() })
    .from(evaluations)
    .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
    // The plus: all of them are read, so as they lie, and not through an index.
    .where(sql`+${evaluations.run} = ${run}`)
    .groupBy(ofCandidate)
    .orderBy(ofCandidate)
    .all();
  const calls = db
    .select({ name: text(ofCall), ...CALLS })
    .from(modelCalls)
    .where(eq(modelCalls.run, run))
    .groupBy(ofCall)
    .orderBy(ofCall)
    .all();
  const names = [...new Set([...devices, ...calls].map(({ name }) => name))];
  return names.map((name) => ({
    ...NO_CALLS,
    evaluations: 0,
    device_s: 0,
    ...devices.find((row) => row.name === name),
    ...calls.find((row) => row.name === name),
    name,
  }));
}

function text(column: SQLiteColumn): SQL<string> {
  return sql<string>`coalesce(cast(${column} as text), 'none')`;
}

function total(column: SQLiteColumn): SQL<number> {
  return sql<number>`coalesce(sum(${column}), 0)`;
}

function seconds(column: SQLiteColumn): SQL<number> {
  return sql<number>`${total(column)} / 1000.0`;
}
