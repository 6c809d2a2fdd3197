/**
 * Opens the lineage database for people: read-only, so that nothing they do disturbs a run that is writing it.
 * Readers see whole transactions only (WAL).
 */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { refuseFolder, refuseMissing } from "@kevo/core/database/file.ts";
import { whyUnwritable } from "@kevo/core/database/unwritable.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { type LineageDatabase, noDatabase, openLineage } from "./database.ts";
import { DEFAULT_DATABASE } from "./default-database.ts";
import * as schema from "./schema.ts";

export interface ReadOnlyLineage {
  /** Absolute path. */
  readonly path: string;
  readonly sqlite: Database.Database;
  readonly db: LineageDatabase;
  close(): void;
}

/**
 * A database of an older version is brought up to date first, under the lock of its only writer.
 *
 * @param path the database; `.kevo/lineage.db` of the working directory when omitted.
 * @throws UserError when the file is missing, is no lineage database, is newer than this program, or is older and
 *   cannot be written.
 */
export function openReadOnly(path: string = DEFAULT_DATABASE): ReadOnlyLineage {
  const file = resolve(path);
  refuseMissing(file, noDatabase);
  refuseFolder(file);
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    sqlite.pragma("query_only = ON");
    checkVersion(sqlite, file);
    if (missesMigrations(sqlite)) {
      sqlite.close();
      bringUpToDate(file);
      return openReadOnly(file);
    }
    const open = sqlite;
    return { path: file, sqlite: open, db: drizzle(open, { schema }), close: () => open.close() };
  } catch (error) {
    sqlite?.close();
    if (error instanceof UserError) throw error;
    throw new UserError(unreadable(file, error as Error & { code?: string }));
  }
}

/** The file must have had no migrations but those that this program was built with. */
function checkVersion(sqlite: Database.Database, file: string): void {
  const tables = new Set(sqlite.prepare("select name from sqlite_master where type = 'table'").pluck().all());
  if (!tables.has("__drizzle_migrations") || !tables.has("runs") || !tables.has("candidates")) {
    throw new UserError(`${file} is a SQLite database of another program. Name a lineage database with --db FILE.`);
  }
  if (lastMigration(sqlite) > newestMigration()) {
    throw new UserError(`${file} was written by a newer version of this program. Update this program to read it.`);
  }
}

function missesMigrations(sqlite: Database.Database): boolean {
  return lastMigration(sqlite) < newestMigration();
}

function bringUpToDate(file: string): void {
  try {
    openLineage(file, { existing: true }).close();
  } catch (error) {
    const why = isWritable(file)
      ? (error as Error).message
      : "neither it nor its folder may be read-only. Copy it to a folder of your own, and name the copy with --db FILE.";
    throw new UserError(
      `${file} was written by an older version of this program and could not be brought up to date: ${why}`,
    );
  }
}

function isWritable(file: string): boolean {
  try {
    for (const path of [file, dirname(file)]) accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The id of the user whose file this is, where nobody else may read it; null where this user may. */
function ownerOf(file: string): number | null {
  try {
    accessSync(file, constants.R_OK);
    return null;
  } catch {
    return statSync(file, { throwIfNoEntry: false })?.uid ?? null;
  }
}

function lastMigration(sqlite: Database.Database): number {
  return Number(sqlite.prepare("select max(created_at) from __drizzle_migrations").pluck().get() ?? 0);
}

function newestMigration(): number {
  const journal = readFileSync(new URL("./migrations/meta/_journal.json", import.meta.url), "utf8");
  const { entries } = JSON.parse(journal) as { entries: { when: number }[] };
  return Math.max(...entries.map((entry) => entry.when));
}

function unreadable(file: string, error: Error & { code?: string }): string {
  const owner = ownerOf(file);
  if (owner !== null) {
    return `Cannot open ${file}: this user may not read it, since it belongs to the user with the id ${owner}. Run the command as that user, or name another database with --db FILE.`;
  }
  if (error.code === "SQLITE_NOTADB") return `${file} is not a SQLite database. Name another file with --db FILE.`;
  if (error.code === "SQLITE_CANTOPEN" || error.code === "SQLITE_READONLY_DIRECTORY") {
    return `Cannot open ${file}: ${whyUnwritable(error, file)}. Reading requires write permission in its folder, where SQLite keeps an index of its journal. Copy the file to a folder of your own, and name it with --db FILE.`;
  }
  return `Cannot read ${file}: ${whyUnwritable(error, file)}.`;
}
