/** Why a database cannot be written, as far as the file system and SQLite tell. */
import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";

/** The tables of an empty database, and its journal, take half of this. */
const MIN_FREE_BYTES = 1024 * 1024;

/** The index of a journal, which readers share. */
const MIN_SHARED_BYTES = 64 * 1024;

/** @throws UserError where the file system has no room for the database: SQLite would fail at some later step. */
export function refuseFullDisk(file: string): void {
  const free = freeBytes(file);
  if (free === null || free >= MIN_FREE_BYTES) return;
  throw new UserError(
    `The file system of ${file} has ${Math.floor(free / 1024)} KiB free, and a run needs at least ${MIN_FREE_BYTES / 1024} KiB. Free some space, or name another file with --db FILE.`,
    1,
    { code: "database_unwritable" },
  );
}

/**
 * One clause about an error of SQLite's or of the system, also as the cause of another.
 * @param file the database: where its disk is full, SQLite only reports an input or output error
 */
export function whyUnwritable(thrown: unknown, file: string): string {
  // Drizzle's migrator throws an error of its own with the whole statement, and has SQLite's as its cause.
  const error = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const { code = "", message } = error as { code?: string; message: string };
  if (code === "SQLITE_FULL") return "the disk is full";
  if (code.startsWith("SQLITE_IOERR") && (freeBytes(file) ?? MIN_FREE_BYTES) < MIN_SHARED_BYTES) {
    return "the disk is full";
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return "another program holds a lock on it, such as a sqlite3 shell in a transaction; close that program";
  }
  if (code.startsWith("SQLITE_CANTOPEN")) return whyClosed(file) ?? message;
  if (code.startsWith("SQLITE_READONLY")) return "this user may not write to it or its folder";
  return reasonOf(error);
}

/** SQLite does not tell what the system refused. Nothing is opened: closing it would give up this process's locks. */
function whyClosed(file: string): string | null {
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

function freeBytes(file: string): number | null {
  const folder = dirname(file);
  if (!existsSync(folder)) return null;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
