/** Finds mistakes in the path of a database before anything is opened or created. */
import { existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import { whyUnwritable } from "./unwritable.ts";

/** @throws UserError */
export function refuseFolder(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new UserError(`${file} is a folder. Name a database file with --db FILE.`);
}

/** A folder that may not be entered hides what is in it. @throws UserError, or `missing` where the file is not there */
export function refuseMissing(file: string, missing: (file: string) => UserError): void {
  try {
    statSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw missing(file);
    throw new UserError(`Cannot open ${file}: ${reasonOf(error)}. Name another database with --db FILE.`);
  }
}

/**
 * @param table present in every database of the wanted kind. A missing or empty file belongs to no program.
 * @throws UserError for a file that is not an SQLite database, and for another program's database.
 */
export function refuseForeign(file: string, table: string): void {
  if (!existsSync(file)) return;
  refuseFolder(file);
  const tables = tablesOf(file);
  if (tables.length === 0 || tables.includes(table)) return;
  throw new UserError(`${file} is a SQLite database of another program. Name another file with --db FILE.`);
}

function tablesOf(file: string): unknown[] {
  // The migrator creates its own table first: a start that was killed before the next ones leaves it alone.
  const others = "select name from sqlite_master where type = 'table' and name <> '__drizzle_migrations'";
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(file, { readonly: true, timeout: 5000 });
    return sqlite.prepare(others).pluck().all();
  } catch (error) {
    throw new UserError(
      `Cannot open the database ${file}: ${whyUnwritable(error, file)}. Name another file with --db FILE.`,
    );
  } finally {
    sqlite?.close();
  }
}
