import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { simulate, waitsOf } from "./simulate.ts";

test("a simulated cluster is a real one: each result is counted once and in the log once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-scale-"));
  try {
    const measured = await simulate(folder, {
      ...{ lanes: 8, lanesPerEvaluator: 2, islands: 6, laneMs: 100, warmUpS: 1, seconds: 1, processes: 1 },
      ...{ search: "random", profile: null },
    });
    expect(measured).toMatchObject({ lanes: 8, evaluators: 4, islands: 6 });
    // Every result of the window came to the log, and the coordinator timed each of them.
    expect(measured.commit_ms.count).toBeGreaterThan(0);
    expect(measured.commit_inside_ms.count).toBeGreaterThan(0);
    expect(measured.commit_inside_ms.p50).toBeLessThanOrEqual(measured.commit_ms.max);
    const db = new Database(join(folder, ".kevo/lineage.db"), { readonly: true });
    const one = (sql: string) => db.prepare(sql).pluck().get();
    const counted = one("select count(*) from evaluations");
    expect(counted).toBeGreaterThanOrEqual(measured.commit_ms.count);
    expect(one("select count(distinct genome) from evaluations join candidates on id = candidate")).toBe(counted);
    const own = "json_extract(entry, '$.type') = 'evaluated' and not json_extract(entry, '$.cached')";
    expect(one(`select count(*) from log where ${own}`)).toBe(counted);
    expect(one(`select count(distinct json_extract(entry, '$.candidate')) from log where ${own}`)).toBe(counted);
    // The rows that are written once in a transaction say where everything ended.
    expect(one("select sum(tail + 1) from islands")).toBe(one("select count(*) from log"));
    expect(one("select accepted from runs")).toBe(one("select count(*) from candidates where answered_by is null"));
    db.close();
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("a share of the waits kept to the shortest time that so many of them kept to", () => {
  const times = Array.from({ length: 200 }, (_, at) => 200 - at);
  expect(waitsOf(times)).toEqual({ p50: 100, p99: 198, max: 200, count: 200 });
  expect(waitsOf([7])).toEqual({ p50: 7, p99: 7, max: 7, count: 1 });
});
