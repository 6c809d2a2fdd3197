/** The lineage database for its only writer, the coordinator. */
import { resolve } from "node:path";
import { type OpenForWriting, openForWriting, replacedBy } from "@kevo/core/database/open-for-writing.ts";
import type { WriterLock } from "@kevo/core/database/writer-lock.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import type Database from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import * as schema from "./schema.ts";

export type LineageDatabase = BetterSQLite3Database<typeof schema>;

export interface OpenLineage extends OpenForWriting<typeof schema> {
  readonly path: string;
}

/** The message to a user who looks for runs in a missing file. */
export function noDatabase(file: string): UserError {
  return new UserError(
    `There is no database ${file}. \`${ownCommand("coordinator")} start\` creates one; name an existing one with --db FILE.`,
  );
}

const WHO = "coordinator";

/** For commands that people copy. */
export function pathOf(db: LineageDatabase): string {
  return (db as LineageDatabase & { readonly $client: Database.Database }).$client.name;
}

/** Distinguishes a lineage database from others. */
export const LINEAGE_TABLE = "runs";

/** For a coordinator whose place another has taken. */
export const lineageTaken = (path: string): UserError => replacedBy(path, WHO);

/**
 * Opens the database at `path`, or creates it.
 *
 * @param options `existing`: for work on a stored run, which a new database cannot hold; `lock`: of a standby.
 * @throws UserError as `openForWriting` does.
 */
export function openLineage(
  path: string,
  { existing = false, lock }: { existing?: boolean; lock?: WriterLock | undefined } = {},
): OpenLineage {
  const file = resolve(path);
  const migrations = new URL("./migrations", import.meta.url);
  const missing = existing ? noDatabase : undefined;
  return {
    path: file,
    ...openForWriting({ file, who: WHO, schema, table: LINEAGE_TABLE, migrations, missing, lock }),
  };
}
