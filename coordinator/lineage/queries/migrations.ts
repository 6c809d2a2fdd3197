/** Elites that another island took in, in the order of intake, and what became of them. */
import { sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";

export interface MigrationRow {
  /** The new candidate. */
  readonly candidate: string;
  readonly origin: string;
  readonly from_island: number;
  readonly to_island: number;
  /** Batch of the island that took it in. */
  readonly batch: number;
  readonly outcome: string | null;
  readonly fitness: number | null;
  readonly time_ms: number | null;
  /** Candidates that the new island made of it directly. */
  readonly children: number;
}

/** @param limit most rows; the latest are kept. */
export function migrationsOf(db: LineageDatabase, run: string, limit: number): { total: number; rows: MigrationRow[] } {
  const [{ total }] = db.all<{ total: number }>(sql`select count(*) as total from migrations where run = ${run}`) as [
    { total: number },
  ];
  const rows = db.all<MigrationRow>(sql`
    select m.candidate, m.origin, m.from_island, m.to_island, m.batch, e.outcome, e.fitness, e.time_ms,
      (select count(*) from parents p where p.parent = m.candidate) as children
    from migrations m
      join candidates c on c.id = m.candidate
      left join evaluations e on e.candidate = coalesce(c.answered_by, c.id)
    where m.run = ${run}
    order by m.rowid desc
    limit ${limit}`);
  return { total, rows: rows.reverse() };
}
