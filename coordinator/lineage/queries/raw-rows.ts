/** Answers of a hundred thousand rows: an object of each costs more than the query. */
import type Database from "better-sqlite3";
import type { LineageDatabase } from "../database.ts";

interface Query {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

/**
 * The rows of a query one at a time, each an array of its columns' values in the order in which they were selected.
 *
 * @typeParam Row the columns' types as SQLite returns them: a boolean is 0 or 1.
 */
export function rowsOf<Row extends unknown[]>(db: LineageDatabase, query: Query): IterableIterator<Row> {
  const { sql, params } = query.toSQL();
  const { $client } = db as LineageDatabase & { readonly $client: Database.Database };
  return $client.prepare(sql).raw().iterate(...params) as IterableIterator<Row>;
}
