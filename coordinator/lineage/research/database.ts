/** Opens the research database for its only writer. */
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "@kevo/core/errors/user-error.ts";
import Database from "better-sqlite3";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { takeLock } from "../lock.ts";
import * as schema from "./schema.ts";

export type ResearchDatabase = BetterSQLite3Database<typeof schema>;

export interface OpenResearch {
  /** Absolute path of the lineage database that it lies beside. */
  readonly lineage: string;
  readonly path: string;
  readonly db: ResearchDatabase;
  close(): void;
}

/** `research.db` beside the lineage database at `lineage`. */
export function researchPath(lineage: string): string {
  return join(dirname(resolve(lineage)), "research.db");
}

/** Opens or creates it. @throws UserError when another research stage works with it, or it cannot be opened. */
export function openResearch(lineage: string): OpenResearch {
  const path = researchPath(lineage);
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new UserError(`Cannot create the folder of the database ${path}: ${(error as Error).message}`);
  }
  const lock = takeLock(path, "research stage");
  try {
    const sqlite = new Database(path);
    sqlite.pragma("journal_mode = WAL");
    // FULL: what was paid for is never forgotten.
    sqlite.pragma("synchronous = FULL");
    sqlite.pragma("busy_timeout = 5000");
    sqlite.pragma("foreign_keys = ON");
    const db = drizzle(sqlite, { schema });
    migrate(db, { migrationsFolder: fileURLToPath(new URL("./migrations", import.meta.url)) });
    const close = () => {
      sqlite.close();
      lock.close();
    };
    return { lineage: resolve(lineage), path, db, close };
  } catch (error) {
    lock.close();
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot open the database ${path}: ${(error as Error).message}. Name another with --db FILE.`);
  }
}
