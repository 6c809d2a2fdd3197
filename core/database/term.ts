/**
 * The term of a database's writer: a number in the header of the file, raised by whoever replaces a writer that may still
 * be alive. A writer that finds another term than at its start has been replaced. It looks inside each transaction, so
 * nothing that it writes comes after the first write of its successor.
 */
import type Database from "better-sqlite3";

/** Raises the term, at once or with the transaction in progress. @throws SQLite's error while another program writes */
export function raiseTerm(sqlite: Database.Database): number {
  return sqlite
    .transaction(() => {
      const term = readTerm(sqlite) + 1;
      sqlite.pragma(`user_version = ${term}`);
      return term;
    })
    .immediate();
}

export function readTerm(sqlite: Database.Database): number {
  return Number(sqlite.pragma("user_version", { simple: true }));
}
