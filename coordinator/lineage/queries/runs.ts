/** The runs of a database, latest first. */
import { runSpec, UNLIMITED_EVALUATIONS } from "@kevo/proto/run.ts";
import { count, desc, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import type { ObjectiveValue } from "../run-objective.ts";
import { evaluations, runs } from "../schema.ts";
import { bestOf } from "./best.ts";
import { elapsedSeconds } from "./elapsed.ts";

export interface RunRow {
  readonly run: string;
  readonly status: (typeof runs.$inferSelect)["status"];
  /** Why it ended as it did. */
  readonly message: string | null;
  readonly kernel: string;
  readonly backend: string;
  readonly islands: number;
  readonly evaluations: number;
  /** Evaluations that it may make. */
  /** Null where only the clock limits the run. */
  readonly budget: number | null;
  readonly best: string | null;
  /** Null in replay, where time counts. */
  readonly speedup: number | null;
  readonly time_ms: number | null;
  /** Absent where the run is searched for the speedup or the time. */
  readonly objective?: ObjectiveValue;
  readonly elapsed_s: number;
  /** Milliseconds since 1970. */
  readonly created_at: number;
}

/** @param now time of day, milliseconds. */
export function runsOf(db: LineageDatabase, now: number): RunRow[] {
  const counts = new Map(
    db
      .select({ run: evaluations.run, n: count() })
      .from(evaluations)
      .groupBy(evaluations.run)
      .all()
      .map(({ run, n }) => [run, n]),
  );
  const rows = db
    .select()
    .from(runs)
    .orderBy(desc(runs.createdAt), desc(sql`${runs}.rowid`))
    .all();
  return rows.map((row) => {
    const spec = runSpec.pick({ islands: true, evaluations: true }).parse(JSON.parse(row.spec));
    const best = bestOf(db, row.id);
    return {
      run: row.id,
      status: row.status,
      message: row.message,
      kernel: row.kernel,
      backend: row.backend,
      islands: spec.islands.length,
      evaluations: counts.get(row.id) ?? 0,
      budget: spec.evaluations === UNLIMITED_EVALUATIONS ? null : spec.evaluations,
      best: best?.candidate ?? null,
      speedup: best?.speedup ?? null,
      time_ms: best?.time_ms ?? null,
      ...(best?.objective !== undefined && { objective: best.objective }),
      elapsed_s: elapsedSeconds(row, now),
      created_at: row.createdAt,
    };
  });
}
