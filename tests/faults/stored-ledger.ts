/** Reads a run's ledger from its database. */
import type { EventData } from "@kevo/proto/event.ts";
import { logEntry } from "@kevo/proto/log.ts";
import Database from "better-sqlite3";
import type { StoredLedger } from "./audit.ts";

export function openStored(path: string): Database.Database {
  return new Database(path, { readonly: true, fileMustExist: true, timeout: 5_000 });
}

/** A coordinator that is started once more after the run has completed begins another. */
export const FIRST_RUN = "select id from runs order by rowid limit 1";

/** @param seen what a witness saw while the run went on */
export function readLedger(db: Database.Database, seen: StoredLedger["seen"] = []): StoredLedger {
  const run = db.prepare(`select id, status, spec, accepted from runs where id = (${FIRST_RUN})`).get() as {
    id: string;
    status: string;
    spec: string;
    accepted: number;
  };
  const all = <T>(sql: string) => db.prepare(sql).all(run.id) as T[];
  return {
    status: run.status,
    budget: JSON.parse(run.spec).evaluations,
    accepted: run.accepted,
    candidates: all("select id, genome, answered_by from candidates where run = ?"),
    evaluations: all("select candidate, outcome, time_ms from evaluations where run = ?"),
    log: all<{ entry: string }>("select entry from log where run = ? order by island, n").map(({ entry }) =>
      logEntry.parse(JSON.parse(entry)),
    ),
    leases: all<{ data: string }>("select data from events where run = ? and kind = 'leased' order by id").map(
      ({ data }) => JSON.parse(data) as EventData<"leased">,
    ),
    seen,
  };
}
