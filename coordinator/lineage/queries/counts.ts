/** How many candidates of a run ended how. */
import { OUTCOMES, type Outcome } from "@kevo/proto/outcome.ts";
import { and, count, eq, isNotNull } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { LineageDatabase } from "../database.ts";
import { candidates, evaluations } from "../schema.ts";
import { idInRun } from "./of-run.ts";

export interface EvaluationCounts extends Record<Outcome, number> {
  /** The evaluations that the budget counts. */
  readonly total: number;
  /** Candidates answered by an evaluation of this run; they cost nothing and are not in the total. */
  readonly cached: number;
}

export function countEvaluations(db: LineageDatabase, run: string): EvaluationCounts {
  const rows = db
    .select({ outcome: evaluations.outcome, n: count() })
    .from(evaluations)
    .where(idInRun(evaluations.candidate, run))
    .groupBy(evaluations.outcome)
    .all();
  const counts = Object.fromEntries(OUTCOMES.map((o) => [o, rows.find((r) => r.outcome === o)?.n ?? 0]));
  // A twin of a candidate that is still on a device has not been answered yet.
  const twin = alias(candidates, "twin");
  const cached = db
    .select({ n: count() })
    .from(twin)
    .innerJoin(evaluations, eq(evaluations.candidate, twin.answeredBy))
    .where(and(idInRun(twin.id, run), isNotNull(twin.answeredBy)))
    .get();
  return {
    total: rows.reduce((sum, row) => sum + row.n, 0),
    ...(counts as Record<Outcome, number>),
    cached: cached?.n ?? 0,
  };
}
