/**
 * A lock between processes: an empty SQLite database whose transactions are the lock. Nothing is ever written to it,
 * and the operating system frees it when its holder dies, however it dies.
 */

import Database from "better-sqlite3";
import { UserError } from "../errors/user-error.ts";
import { whyUnwritable } from "./unwritable.ts";

export interface LockFile {
  /** Takes the lock if it is free. Not while this process holds it already. @throws UserError */
  try(mode: "shared" | "exclusive"): boolean;
  release(): void;
  /** Releases it and closes the file. */
  close(): void;
}

/**
 * @param options `waitMs`: how long a try waits, and blocks this process, for a lock that is taken; 0 by default.
 * @throws UserError when the file cannot be opened.
 */
export function openLockFile(path: string, { waitMs = 0 } = {}): LockFile {
  let database: Database.Database;
  try {
    database = new Database(path, { timeout: waitMs });
  } catch (error) {
    throw new UserError(`Cannot open the lock ${path}: ${whyUnwritable(error, path)}.`);
  }
  const begin = database.prepare("BEGIN");
  const beginExclusive = database.prepare("BEGIN EXCLUSIVE");
  const rollback = database.prepare("ROLLBACK");
  // Reading takes the shared lock. Preparing it reads too, and so does the setting: done at the first try.
  let read: Database.Statement | null = null;
  const prepare = () => {
    // Nothing is ever written, so no journal has to be on disk; one there would cost time, and outlive a kill.
    database.pragma("journal_mode = MEMORY");
    return database.prepare("SELECT count(*) FROM sqlite_schema");
  };
  const release = () => {
    if (database.inTransaction) rollback.run();
  };
  return {
    try: (mode) => {
      // A lock that is taken is no exception worth a stack trace; collecting one costs more than the try.
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 0;
      try {
        read ??= prepare();
        if (mode === "exclusive") {
          beginExclusive.run();
          return true;
        }
        begin.run();
        read.get();
        return true;
      } catch (error) {
        release();
        if (isTaken(error)) return false;
        throw new UserError(`Cannot take the lock ${path}: ${whyUnwritable(error, path)}.`);
      } finally {
        Error.stackTraceLimit = limit;
      }
    },
    release,
    close: () => {
      release();
      database.close();
    },
  };
}

const isTaken = (error: unknown) => error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
