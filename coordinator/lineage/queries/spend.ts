/** What a run cost: dollars of language models, seconds of devices, and what a per cent of speedup cost of each. */
import { count, eq, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { evaluations, modelCalls } from "../schema.ts";
import { bestOf } from "./best.ts";
import { idInRun } from "./of-run.ts";

export interface ModelSpend {
  readonly proposer: string;
  readonly model: string;
  readonly calls: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  /** Settled cost, and the reservation of calls not settled. */
  readonly usd: number;
}

export interface Spend {
  readonly run: string;
  readonly models: readonly ModelSpend[];
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

export function spentUsd(db: LineageDatabase, run: string): number {
  return db.select({ usd }).from(modelCalls).where(eq(modelCalls.run, run)).get()?.usd ?? 0;
}

export function spendOf(db: LineageDatabase, run: string): Spend {
  const models = db
    .select({
      proposer: modelCalls.proposer,
      model: modelCalls.model,
      calls: count(),
      prompt_tokens: total(modelCalls.promptTokens),
      completion_tokens: total(modelCalls.completionTokens),
      reasoning_tokens: total(modelCalls.reasoningTokens),
      usd,
    })
    .from(modelCalls)
    .where(eq(modelCalls.run, run))
    .groupBy(modelCalls.proposer, modelCalls.model)
    .orderBy(modelCalls.proposer, modelCalls.model)
    .all();
  const device = db
    .select({
      device_s: sql<number>`${total(evaluations.laneMs)} / 1000.0`,
      compile_s: sql<number>`${total(evaluations.compileMs)} / 1000.0`,
      evaluations: count(),
    })
    .from(evaluations)
    .where(idInRun(evaluations.candidate, run))
    .get() ?? { device_s: 0, compile_s: 0, evaluations: 0 };
  const spent = spentUsd(db, run);
  const speedup = bestOf(db, run)?.speedup ?? null;
  const gained = speedup !== null && speedup > 1 ? (speedup - 1) * 100 : null;
  return {
    run,
    models,
    usd: spent,
    ...device,
    gained_percent: gained,
    usd_per_percent: gained === null ? null : spent / gained,
    device_s_per_percent: gained === null ? null : device.device_s / gained,
  };
}

function total(column: Parameters<typeof sql>[1]) {
  return sql<number>`coalesce(sum(${column}), 0)`;
}
