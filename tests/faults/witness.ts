/** Watches a run through its database: what was stored once must be there at the end, and what the coordinator says of it. */
import { existsSync } from "node:fs";
import { readTerm } from "@kevo/core/database/term.ts";
import type Database from "better-sqlite3";
import type { StoredLedger } from "./audit.ts";
import { FIRST_RUN, openStored } from "./stored-ledger.ts";

export interface SeenEvent {
  readonly kind: string;
  readonly message: string;
  readonly data: string | null;
}

export class Witness {
  readonly path: string;
  #db: Database.Database | null = null;
  #row = 0;
  #event = 0;
  readonly seen: StoredLedger["seen"][number][] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** How many evaluations are stored. */
  look(): number {
    const sql = `select rowid as row, candidate, outcome, time_ms from evaluations
      where rowid > ? and run = (${FIRST_RUN}) order by rowid`;
    const rows = this.#ask((db) => db.prepare(sql).all(this.#row)) as
      | (StoredLedger["seen"][number] & { row: number })[]
      | null;
    for (const { row, ...evaluation } of rows ?? []) {
      this.#row = row;
      this.seen.push(evaluation);
    }
    return this.seen.length;
  }

  /** Events of the run since it was last asked for them. */
  events(): SeenEvent[] {
    const sql = `select id, kind, message, data from events where id > ? and run = (${FIRST_RUN}) order by id`;
    const rows = (this.#ask((db) => db.prepare(sql).all(this.#event)) ?? []) as (SeenEvent & { id: number })[];
    this.#event = rows.at(-1)?.id ?? this.#event;
    return rows;
  }

  /** Raised by a coordinator that takes the place of another; null while it cannot be read. */
  term(): number | null {
    return this.#ask(readTerm);
  }

  close(): void {
    this.#db?.close();
    this.#db = null;
  }

  /** Null while the database cannot be read, such as at its creation or where its disk is full. */
  #ask<T>(question: (db: Database.Database) => T): T | null {
    try {
      if (!existsSync(this.path)) return null;
      this.#db ??= openStored(this.path);
      return question(this.#db);
    } catch {
      this.close();
      return null;
    }
  }
}
