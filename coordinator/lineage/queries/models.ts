/** What language models did in a run, and why they did not do more. */
import { and, asc, count, eq, isNotNull, sql } from "drizzle-orm";
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
  /** Why models proposed no more, in words. */
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
  const trouble = db
    .select({ message: events.message })
    .from(events)
    .where(and(eq(events.run, run), eq(events.kind, MODEL_TROUBLE)))
    .orderBy(asc(events.id))
    .all();
  return { ...calls, candidates: proposed?.n ?? 0, trouble: [...new Set(trouble.map(({ message }) => message))] };
}
