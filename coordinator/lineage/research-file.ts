/**
 * The research stage's database beside the lineage's. The coordinator only reads it, attached to a lineage that it
 * reads.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ReadOnlyLineage } from "./read-only.ts";

/** @param lineage path of the lineage database. */
export function researchPath(lineage: string): string {
  return join(dirname(resolve(lineage)), "research.db");
}

/**
 * From now on the research stage's tables are tables of this connection too; a database attached to a read-only
 * connection is read-only too.
 *
 * @returns false where there is no research database.
 */
export function attachResearch({ sqlite, path }: ReadOnlyLineage): boolean {
  const file = researchPath(path);
  if (!existsSync(file)) return false;
  const attached = sqlite.prepare("select 1 from pragma_database_list where name = 'research'").get();
  if (attached === undefined) sqlite.prepare("attach ? as research").run(file);
  return true;
}
