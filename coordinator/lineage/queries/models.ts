/** What language models did in a run, and why they did not do more. */
import { and, asc, count, eq, isNotNull, ne, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { candidates, events, modelCalls } from "../schema.ts";

/** The kind of event that says why a model proposes nothing. */
export const MODEL_TROUBLE = "model_trouble";

export interface ModelsUsed {
  /** HTTP requests, those that failed and those repeated from a recording included. */
  readonly calls: number;
  readonly answered: number;
  /** Candidates that came of them. */
  readonly candidates: number;
  /** Message that says why models proposed no more. */
  readonly trouble: readonly string[];
}

export function modelsUsed(db: LineageDatabase, run: string): ModelsUsed {
  const calls = db
    .select({ calls: count(), answered: sql<number>`coalesce(sum(${modelCalls.outcome} = 'ok'), 0)` })
    .from(modelCalls)
    .where(eq(modelCalls.run, run))
    .get() ?? { calls: 0, answered: 0 };
  const proposed = db
    .select({ n: count() })
    .from(candidates)
    .where(and(eq(candidates.run, run), isNotNull(candidates.call)))
    .get();
  const failed = db
    .select({
      model: modelCalls.model,
      outcome: modelCalls.outcome,
      n: count(),
      error: sql<string>`min(${modelCalls.error})`,
    })
    .from(modelCalls)
    .where(and(eq(modelCalls.run, run), ne(modelCalls.outcome, "ok")))
    .groupBy(modelCalls.model, modelCalls.outcome)
    .all()
    .map(({ model, outcome, n, error }) => `${model} (${outcome}): ${error}${n > 1 ? `, and ${n - 1} more such` : ""}`);
  const told = db
    .select({ message: events.message })
    .from(events)
    .where(and(eq(events.run, run), eq(events.kind, MODEL_TROUBLE)))
    .orderBy(asc(events.id))
    .all()
    .map(({ message }) => message)
    // Of calls that were recorded the record says more.
    .filter((message) => !failed.some((text) => text.startsWith(message.slice(0, message.indexOf(":") + 1))));
  return { ...calls, candidates: proposed?.n ?? 0, trouble: [...new Set([...failed, ...told])] };
}
