/** The contribution of language models to a run, and why it was not larger. */

import type { EventData } from "@kevo/proto/event.ts";
import { and, count, eq, isNotNull, ne, not, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { candidates, modelCalls } from "../schema.ts";
import { eventsOf } from "./events.ts";

export interface ModelsUsed {
  /** HTTP requests, those that failed and those repeated from a recording included. */
  readonly calls: number;
  readonly answered: number;
  /** Candidates that came of them. */
  readonly candidates: number;
  /** Message that says why models proposed no more. */
  readonly trouble: readonly string[];
}

/** Refused in one form and sent again in another: no trouble, and a note says what the server takes. */
const adapted = sql`(${modelCalls.outcome} = 'bad_request' and coalesce(${modelCalls.retried}, 0))`;

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
    .where(and(eq(modelCalls.run, run), ne(modelCalls.outcome, "ok"), not(adapted)))
    .groupBy(modelCalls.model, modelCalls.outcome)
    .all();
  const told = eventsOf(db, run, "model_trouble")
    // Of calls that were recorded the record says more.
    .filter(({ model, kind }) => !failed.some((one) => one.model === model && one.outcome === kind))
    .map(describeTrouble);
  const recorded = failed.map(({ model, outcome, n, error }) =>
    describeTrouble({ model, kind: outcome ?? "", text: `${error}${n > 1 ? `, and ${n - 1} more such` : ""}` }),
  );
  return { ...calls, candidates: proposed?.n ?? 0, trouble: [...new Set([...recorded, ...told])] };
}

/** Why a model proposes nothing, for people. */
export function describeTrouble({ model, kind, text }: EventData<"model_trouble">): string {
  return `${model} (${kind}): ${text}`;
}
