/** Opens a database for its only writer: exclusive lock, durable settings, migrations. */

import { chmodSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { makePath } from "../config/folder.ts";
import { reasonOf } from "../errors/system-error.ts";
import { UserError } from "../errors/user-error.ts";
import { refuseFolder, refuseForeign, refuseMissing } from "./file.ts";
import { readTerm } from "./term.ts";
import { refuseFullDisk, whyUnwritable } from "./unwritable.ts";
import { processOf, takeWriterLock, type WriterLock } from "./writer-lock.ts";

export interface WriterOptions<Schema extends Record<string, unknown>> {
  /** Absolute path of the database. */
  readonly file: string;
  /** Names the only process that may work with it. */
  readonly who: string;
  readonly schema: Schema;
  /** One of its tables, which distinguishes it from another program's database. */
  readonly table: string;
  /** Folder of the migrations. */
  readonly migrations: URL;
  /** The error where the file is missing; without it the database is created. */
  readonly missing?: ((file: string) => UserError) | undefined;
  /** Where it is held already, by a standby; without it, it is taken. */
  readonly lock?: WriterLock | undefined;
}

export interface OpenForWriting<Schema extends Record<string, unknown>> {
  readonly sqlite: Database.Database;
  readonly db: BetterSQLite3Database<Schema>;
  /** To be called in each transaction. @throws UserError when another writer has taken this one's place */
  fence(): void;
  /** Aborted when this is noticed without a transaction. */
  readonly replaced: AbortSignal;
  /** What is stored has been read. */
  opened(): void;
  /** Closes the database and lets the next writer in. */
  close(): void;
}

/**
 * Only the owner may read prompts and sources. SQLite gives the files beside it the permissions of the database. An
 * existing database keeps the permissions of its group.
 */
function keepPrivate(file: string): void {
  // Closing a file releases this process's locks on it, so only a missing file is created and closed here.
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
  for (const path of [file, `${file}-wal`, `${file}-shm`, `${file}.lock`, `${file}.owner`, `${file}.standby`]) {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o007) !== 0) chmodSync(path, mode & 0o770);
  }
}

/** Said by a writer that was stopped, or hung, and finds that a standby has taken its place. */
export function replacedBy(file: string, who: string): UserError {
  return new UserError(
    `Another ${who}${processOf(file)} has taken over the database ${file}, because this one gave no sign of life. It goes on with the run; nothing is lost.`,
    1,
    { code: "database_in_use" },
  );
}

/**
 * Refused while another process holds it, even a stopped one.
 *
 * @throws UserError before anything is created where a required database is missing; when another writer works with it;
 *   when it cannot be opened.
 */
export function openForWriting<Schema extends Record<string, unknown>>(
  options: WriterOptions<Schema>,
): OpenForWriting<Schema> {
  const { file, who, schema, table, migrations, missing } = options;
  if (missing !== undefined) refuseMissing(file, missing);
  refuseFolder(file);
  refuseForeign(file, table);
  try {
    makePath(dirname(file));
  } catch (error) {
    throw new UserError(
      `Cannot create the folder of the database ${file}: ${reasonOf(error)}. Name another file with --db FILE.`,
    );
  }
  refuseFullDisk(file);
  let { lock } = options;
  try {
    lock ??= takeWriterLock(file, who);
    keepPrivate(file);
    const sqlite = new Database(file);
    sqlite.pragma("journal_mode = WAL");
    // FULL: a commit survives a power cut, so that an accepted evaluation or a paid call is never forgotten.
    sqlite.pragma("synchronous = FULL");
    sqlite.pragma("busy_timeout = 5000");
    sqlite.pragma("foreign_keys = ON");
    const db = drizzle(sqlite, { schema });
    // drizzle's migrator reads the last migration outside its transaction: safe only under the lock held here.
    migrate(db, { migrationsFolder: fileURLToPath(migrations) });
    const term = readTerm(sqlite);
    const held = lock;
    const close = () => {
      sqlite.close();
      held.close();
    };
    const fence = () => {
      if (readTerm(sqlite) !== term) throw replacedBy(file, who);
    };
    return { sqlite, db, fence, replaced: held.replaced, opened: held.opened, close };
  } catch (error) {
    lock?.close();
    if (error instanceof UserError) throw error;
    const message = `Cannot open the database ${file}: ${whyUnwritable(error, file)}. Name another file with --db FILE.`;
    throw new UserError(message, 1, { code: "database_unwritable" });
  }
}
