/** The research database for its only writer, the research stage. */
import { resolve } from "node:path";
import { LINEAGE_TABLE } from "@kevo/coordinator/lineage/database.ts";
import { researchPath } from "@kevo/coordinator/lineage/research-file.ts";
import { refuseForeign } from "@kevo/core/database/file.ts";
import { openForWriting } from "@kevo/core/database/open-for-writing.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { ownCommand } from "@kevo/core/program/own-command.ts";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import * as schema from "./schema.ts";

export type ResearchDatabase = BetterSQLite3Database<typeof schema>;

export interface OpenResearch {
  /** Absolute path of the lineage database that it lies beside. */
  readonly lineage: string;
  readonly path: string;
  readonly db: ResearchDatabase;
  close(): void;
}

/**
 * Opens it, or creates it.
 *
 * @param options `existing`: for work on a stored run, which a new database cannot hold.
 * @throws UserError as `openForWriting` does.
 */
export function openResearch(lineage: string, { existing = false } = {}): OpenResearch {
  const path = researchPath(lineage);
  // The coordinator would refuse it, but only after models and sources have been paid.
  refuseForeign(resolve(lineage), LINEAGE_TABLE);
  const migrations = new URL("./migrations", import.meta.url);
  const missing = existing ? noResearch : undefined;
  const about = { who: "research stage", schema, table: "research_runs" };
  const { db, close } = openForWriting({ ...about, file: path, migrations, missing });
  return { lineage: resolve(lineage), path, db, close };
}

function noResearch(file: string): UserError {
  return new UserError(
    `There is no database ${file}, so there is no research run yet. Start one with \`${ownCommand("research-stage")} run\`, or name the lineage database beside an existing one with --db FILE.`,
    2,
  );
}
