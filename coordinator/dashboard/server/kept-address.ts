/**
 * The address and token of a database's dashboard: the same after a restart, so that an open page finds it again. Only
 * their owner can read the file.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { DEFAULT_DATABASE } from "../../lineage/default-database.ts";

const kept = z.object({ port: z.int().min(0).max(65_535), token: z.string().min(32).max(200) });
export type KeptAddress = z.infer<typeof kept>;

function fileOf(database: string): string {
  const path = resolve(database);
  const name = basename(path);
  return join(dirname(path), name === basename(DEFAULT_DATABASE) ? "dashboard.json" : `${name}.dashboard.json`);
}

/** A new token where none is kept. Port 0 says that none is. */
export function readKeptAddress(database: string): KeptAddress {
  try {
    return kept.parse(JSON.parse(readFileSync(fileOf(database), "utf8")));
  } catch {
    return { port: 0, token: randomBytes(24).toString("base64url") };
  }
}

/** Where nothing can be written the next start has another address. */
export function keepAddress(database: string, address: KeptAddress): void {
  const file = fileOf(database);
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, JSON.stringify(address), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // Reading does not depend on it.
  }
}
