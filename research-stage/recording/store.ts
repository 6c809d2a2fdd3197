/** Exchanges by content hash: in memory, or as a folder with one readable file for each request. */

import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "@kevo/core/errors/system-error.ts";
import { UserError } from "@kevo/core/errors/user-error.ts";
import { z } from "zod";
import { type StoredExchange, storedExchange } from "./exchange.ts";
import type { ExchangeStore } from "./transport.ts";

const storedFile = z.array(storedExchange).min(1);

export function createMemoryStore(): ExchangeStore & { readonly all: StoredExchange[] } {
  const all: StoredExchange[] = [];
  return {
    all,
    find: async (hash) => all.filter((exchange) => exchange.hash === hash),
    add: async (exchange) => {
      all.push(exchange);
    },
  };
}

/**
 * `<folder>/<hash>.json` holds all that was recorded for one request. Whole files are put in place, so a reader in
 * another process sees the old or the new one; of two writers at once the later wins.
 * @throws UserError from `find` when a file is not what this wrote.
 */
export function openFolderStore(folder: string): ExchangeStore {
  mkdirSync(folder, { recursive: true });
  const writing = new Map<string, Promise<void>>();
  const fileOf = (hash: string) => join(folder, `${hash}.json`);
  const find = async (hash: string) => {
    await writing.get(hash);
    return readStored(fileOf(hash));
  };
  const write = async (exchange: StoredExchange) => {
    const file = fileOf(exchange.hash);
    const all = [...(await readStored(file)), exchange];
    const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
    await writeFile(draft, `${JSON.stringify(all, null, 2)}\n`);
    await rename(draft, file);
  };
  return {
    find,
    add: (exchange) => {
      const turn = (writing.get(exchange.hash) ?? Promise.resolve()).then(() => write(exchange));
      // Whoever waits for the turn only wants to come after it; the writer hears of its failure.
      writing.set(
        exchange.hash,
        turn.catch(() => {}),
      );
      return turn;
    },
  };
}

async function readStored(file: string): Promise<readonly StoredExchange[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new UserError(`The recorded answer ${file} cannot be read: ${reasonOf(error)}.`);
  }
  try {
    return storedFile.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${file} is not a recorded answer of this version. Delete it, or name another folder.`);
  }
}
