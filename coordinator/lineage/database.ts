/** Opens the lineage database for its only writer: exclusive lock, migrations, durable settings. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import Database from "better-sqlite3";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { takeLock } from "./lock.ts";
import * as schema from "./schema.ts";

export type LineageDatabase = BetterSQLite3Database<typeof schema>;

export interface OpenLineage {
  readonly path: string;
  readonly sqlite: Database.Database;
  readonly db: LineageDatabase;
  /** Closes the database and lets the next coordinator in. */
  close(): void;
}

/**
 * Opens or creates the database at `path`. Refused while another coordinator holds it, even a stopped one:
 * SQLite's exclusive lock on a file beside it frees when its holder is killed, and only then.
 */
export function openLineage(path: string): OpenLineage {
  const file = resolve(path);
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new UserError(`Cannot create the folder of the database ${file}: ${(error as Error).message}`);
  }
  const lock = takeLock(file, "coordinator");
  try {
    const sqlite = new Database(file);
    sqlite.pragma("journal_mode = WAL");
    // FULL: a commit survives a power cut, so that an accepted evaluation is never forgotten.
    sqlite.pragma("synchronous = FULL");
    sqlite.pragma("busy_timeout = 5000");
    sqlite.pragma("foreign_keys = ON");
    const db = drizzle(sqlite, { schema });
    // drizzle's migrator reads the last migration outside its transaction: safe only under the lock held here.
    migrate(db, { migrationsFolder: fileURLToPath(new URL("./migrations", import.meta.url)) });
    return {
      path: file,
      sqlite,
      db,
      close() {
        sqlite.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot open the database ${file}: ${(error as Error).message}. Name another with --db FILE.`);
  }
}
