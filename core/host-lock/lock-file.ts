/** One lock of the host as an empty SQLite database: its transactions are the lock, nothing is ever written. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { privateFolder } from "../config/user-folders.ts";
import { UserError } from "../errors/user-error.ts";

export interface LockFile {
  /** Takes the lock if it is free at this moment. Not while this process holds it already. */
  try(mode: "shared" | "exclusive"): boolean;
  release(): void;
}

/** @throws UserError when the file cannot be opened, or the directory is somebody else's. */
export function openLockFile(name: string): LockFile {
  const path = join(privateFolder("kevo-locks"), `${encodeURIComponent(name)}.lock`);
  let database: Database.Database;
  try {
    database = new Database(path, { timeout: 0 });
  } catch (error) {
    throw new UserError(`cannot open the lock ${path}: ${error instanceof Error ? error.message : error}`);
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

  const isTaken = (error: unknown) => error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");

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
        if (database.inTransaction) rollback.run();
        if (isTaken(error)) return false;
        throw new UserError(`cannot take the lock ${path}: ${error instanceof Error ? error.message : error}`);
      } finally {
        Error.stackTraceLimit = limit;
      }
    },
    release: () => {
      if (database.inTransaction) rollback.run();
    },
  };
}
