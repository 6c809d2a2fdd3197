/** Conditions that several queries share. */
import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/**
 * A candidate's id begins with its run's, so the rows of one run are one range of the primary key of any table
 * that is keyed by candidate. `0` is the character after `/`.
 */
export function idInRun(column: SQLiteColumn, run: string): SQL {
  return sql`${column} >= ${`${run}/`} and ${column} < ${`${run}0`}`;
}
