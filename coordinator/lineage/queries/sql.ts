/** Any SELECT that a person writes. */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type Database from "better-sqlite3";

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** There are more rows than `limit`. */
  readonly more: boolean;
}

/**
 * @param sqlite a read-only connection; statements refused here would fail there too, with a message of SQLite.
 * @param limit most rows. Rows are fetched one by one, so a query without end answers too.
 * @throws UserError for anything but one SELECT, and for SQLite's complaints.
 */
export function query(sqlite: Database.Database, text: string, limit: number): Answer {
  try {
    const statement = sqlite.prepare(text);
    if (!statement.readonly || !statement.reader) {
      throw new UserError(
        "lineage sql is read-only: write a SELECT statement. Only the coordinator writes to the database; to change data, copy the file.",
        2,
      );
    }
    const rows: unknown[][] = [];
    for (const row of statement.raw().iterate() as IterableIterator<unknown[]>) {
      if (rows.length === limit) return { columns: names(statement), rows, more: true };
      rows.push(row.map((value) => (Buffer.isBuffer(value) ? value.toString("hex") : value)));
    }
    return { columns: names(statement), rows, more: false };
  } catch (error) {
    if (error instanceof UserError) throw error;
    const tables = sqlite.prepare("select name from sqlite_master where type = 'table' and name not glob '_*'").pluck();
    throw new UserError(
      `The query failed: ${(error as Error).message}. Tables: ${(tables.all() as string[]).filter((name) => !name.startsWith("sqlite_")).join(", ")}.`,
      2,
    );
  }
}

function names(statement: Database.Statement): string[] {
  return statement.columns().map((column) => column.name);
}
