/** Where the embedded nats-server of a database has its files. */
import { basename, dirname, join } from "node:path";
import { DEFAULT_DATABASE } from "../lineage/default-database.ts";

/** Each database has its own server: runs of two databases in one folder do not meet. */
export function natsFolder(database: string): string {
  const name = basename(database);
  return join(dirname(database), name === basename(DEFAULT_DATABASE) ? "nats" : `${name}.nats`);
}
