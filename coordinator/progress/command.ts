/** Commands that people are told to go on with: they can be copied as they stand. */
import { resolve } from "node:path";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";

/**
 * @param command what follows `coordinator`.
 * @param database absolute path; named only where it is not the one that is looked for anyway.
 */
export function commandFor(command: string, database: string): string {
  const at = database === resolve(DEFAULT_DATABASE) ? "" : ` --db ${quote(database)}`;
  return `npx coordinator ${command}${at}`;
}

/** For a shell. */
function quote(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
