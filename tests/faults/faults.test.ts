/** A short run under random faults, and the audit of its ledger: also that the audit finds what is wrong with false ones. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit, type Problem } from "./audit.ts";
import { type FaultyRun, faultyRun } from "./faulty-run.ts";
import { openStored, readLedger } from "./stored-ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "kevo-audit-"));
const stored = join(folder, "stored.db");
let run: FaultyRun;
beforeAll(async () => {
  run = await faultyRun({ seed: SEED, faults: FAULTS, keep: stored, onNote: () => {} });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stops a worker past its lease, cuts an evaluator off, stops the coordinator until its standby takes over. */
const SEED = 611;
const FAULTS = 3;

test("a run under random faults completes, and its ledger is right", () => {
  expect(run.faults).toBe(FAULTS);
  expect(run.findings).toEqual([]);
});

describe.runIf(process.platform === "linux")("the audit finds", () => {
  /** What it finds in a copy of the database that was changed so. */
  function foundAfter(...changes: string[]): Set<Problem> {
    const copy = join(folder, "false.db");
    copyFileSync(stored, copy);
    const whole = openStored(copy);
    const { evaluations: seen } = readLedger(whole);
    whole.close();
    const db = new Database(copy);
    try {
      for (const change of changes) expect(db.prepare(change).run().changes).toBeGreaterThan(0);
      return new Set(audit(readLedger(db, seen)).map(({ problem }) => problem));
    } finally {
      db.close();
    }
  }
  const ANY = "(select candidate from evaluations order by candidate limit 1)";

  test("nothing in the database as it is", () => {
    const db = openStored(stored);
    const ledger = readLedger(db);
    db.close();
    expect(audit(ledger)).toEqual([]);
    // It looked at something.
    expect(ledger.log.filter((entry) => entry.type === "asked" && entry.epoch !== undefined)).not.toEqual([]);
    expect(ledger.leases.length).toBeGreaterThanOrEqual(2);
  });

  test("an evaluation that is lost, or whose result changed", () => {
    expect(foundAfter(`delete from evaluations where candidate = ${ANY}`)).toEqual(new Set(["budget", "lost"]));
    expect(foundAfter(`update evaluations set time_ms = 1e9 where candidate = ${ANY}`)).toEqual(new Set(["lost"]));
    const result = "json_extract(entry, '$.type') = 'evaluated'";
    expect(foundAfter(`delete from log where ${result} and n = (select max(n) from log where ${result})`)).toContain(
      "lost",
    );
  });

  test("one that is counted twice", () => {
    const twice = `insert into log select run, island, 1000, json_set(entry, '$.n', 1000) from log
      where json_extract(entry, '$.candidate') = ${ANY}`;
    expect(foundAfter(twice)).toContain("double");
    const genome = "update candidates set genome = (select min(genome) from candidates where answered_by is null)";
    expect(foundAfter(`${genome} where answered_by is null`)).toEqual(new Set(["double"]));
  });

  test("a write of a worker that was believed dead", () => {
    // Another worker had leased the island before its second batch, which is of the lease before.
    const late = `insert into events (run, kind, message, data, created_at) select run, kind, message,
      json_set(data, '$.epoch', 50, '$.batch', 1), created_at from events where kind = 'leased' limit 1`;
    expect(foundAfter(late)).toEqual(new Set(["zombie"]));
    const nobody = `update log set entry = json_set(entry, '$.epoch', 99) where json_extract(entry, '$.epoch') = 1`;
    expect(foundAfter(nobody)).toEqual(new Set(["zombie"]));
    const before = `update events set data = json_set(data, '$.batch', 99) where kind = 'leased'`;
    expect(foundAfter(before)).toEqual(new Set(["zombie"]));
  });

  test("a run that is not complete, a budget that does not hold, and a gap in a log", () => {
    expect(foundAfter("update runs set status = 'running'")).toEqual(new Set(["incomplete"]));
    expect(foundAfter("update runs set accepted = accepted + 1")).toEqual(new Set(["budget"]));
    expect(foundAfter("delete from log where n = 1")).toContain("log");
  });
});
