/** The lineage database for its only writer, the coordinator. */
import { resolve } from "node:path";
import { openForWriting } from "@kevo/core/database/open-for-writing.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import type Database from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import * as schema from "./schema.ts";

export type LineageDatabase = BetterSQLite3Database<typeof schema>;

export interface OpenLineage {
  readonly path: string;
  readonly sqlite: Database.Database;
  readonly db: LineageDatabase;
  /** Closes the database and lets the next coordinator in. */
  close(): void;
}

/** The message to a user who looks for runs in a missing file. */
export function noDatabase(file: string): UserError {
  return new UserError(
    `There is no database ${file}. \`${ownCommand("coordinator")} start\` creates one; name an existing one with --db FILE.`,
  );
}

/** For commands that people copy. */
export function pathOf(db: LineageDatabase): string {
  return (db as LineageDatabase & { readonly $client: Database.Database }).$client.name;
}

/** Distinguishes a lineage database from others. */
export const LINEAGE_TABLE = "runs";

/**
 * Opens the database at `path`, or creates it.
 *
 * @param options `existing`: for work on a stored run, which a new database cannot hold.
 * @throws UserError as `openForWriting` does.
 */
export function openLineage(path: string, { existing = false } = {}): OpenLineage {
  const file = resolve(path);
  const migrations = new URL("./migrations", import.meta.url);
  const missing = existing ? noDatabase : undefined;
  return {
    path: file,
    ...openForWriting({ file, who: "coordinator", schema, table: LINEAGE_TABLE, migrations, missing }),
  };
}
