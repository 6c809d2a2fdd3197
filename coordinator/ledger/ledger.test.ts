import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { Description } from "@kevo/proto/evaluator-service.ts";
import type { LogEntry } from "@kevo/proto/log.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { afterEach, expect, test } from "vitest";
import { type OpenLineage, openLineage } from "../lineage/database.ts";
import { evaluationOf } from "../lineage/queries/show.ts";
import { evaluators, islands, runs } from "../lineage/schema.ts";
import { recordOf } from "./evaluation-record.fixture.ts";
import { Ledger } from "./ledger.ts";
import { LedgerState } from "./ledger-state.ts";
import { storedVerdicts } from "./read-stored.ts";
import type { AcceptedCandidate } from "./records.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

interface Opened {
  readonly ledger: Ledger;
  readonly lineage: OpenLineage;
  readonly entries: LogEntry[];
  readonly ready: AcceptedCandidate[];
}

async function created(count: number): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "kevo-ledger-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const lineage = openLineage(join(folder, "lineage.db"));
  cleanups.push(() => lineage.close());
  const opened = openLedger(lineage, count);
  await opened.ledger.create("{}");
  return opened;
}

function openLedger(lineage: OpenLineage, count: number): Opened {
  const space = openSpace({ parameters: [{ name: "X", type: "integer", min: 0, max: 9, step: 1 }], constraints: [] });
  const spec = specOf({ run: "r", count, evaluations: 100 });
  const state = new LedgerState(spec, space, undefined, storedVerdicts(lineage.db, spec));
  const entries: LogEntry[] = [];
  const ready: AcceptedCandidate[] = [];
  const listener = {
    onEntries: (added: readonly LogEntry[]) => void entries.push(...added),
    onReady: (added: readonly AcceptedCandidate[]) => void ready.push(...added),
  };
  const ledger = new Ledger(lineage, state, listener, (error) => {
    throw error;
  });
  cleanups.push(() => ledger.close());
  return { ledger, lineage, entries, ready };
}

const batch = (island: number, k: number, values: readonly number[]) => ({
  ...({ v: WIRE_VERSION, worker: "w", island, epoch: 0, k, diversity: null } as const),
  proposals: values.map((X) => ({
    config: { X },
    source: null,
    proposer: "random",
    parents: ["r/0/9/9"],
    reason: null,
  })),
});

test("evaluators are stored as they were last heard of, together and in one row each", async () => {
  const { ledger, lineage } = await created(1);
  const description = { backend: "cpu", inFlight: 1 } as Description;
  const seen = (id: string) => ({ id, address: `${id}:1`, description, state: "serving" as const });
  await ledger.evaluators([seen("a"), seen("b")]);
  await ledger.evaluators([
    { ...seen("a"), description: { ...description, inFlight: 0 }, address: "a:2", state: "lost" as const },
  ]);
  const rows = lineage.db.select().from(evaluators).all();
  expect(rows.map(({ id, address, state: at }) => [id, address, at])).toEqual([
    ["a", "a:2", "lost"],
    ["b", "b:1", "serving"],
  ]);
  expect(rows.map((row) => JSON.parse(row.description).inFlight)).toEqual([0, 1]);
});

test("several batches of one transaction leave each island and the run at their ends", async () => {
  const { ledger, lineage } = await created(3);
  await Promise.all([
    ledger.offer(batch(0, 0, [1, 2]), 9),
    ledger.offer(batch(0, 1, [3]), 9),
    ledger.offer(batch(2, 0, [4]), 9),
  ]);
  const rows = lineage.db.select().from(islands).all();
  expect(rows.map(({ nextBatch, tail }) => [nextBatch, tail])).toEqual([
    [2, 2],
    [0, 0],
    [1, 1],
  ]);
  expect(lineage.db.select({ accepted: runs.accepted }).from(runs).all()).toEqual([{ accepted: 4 }]);
});

test("a run that is taken up again knows what was answered, and what is open with its attempts so far", async () => {
  const { ledger, lineage } = await created(2);
  await ledger.offer(batch(0, 0, [1, 2, 3]), 9);
  const resources = [{ name: "softmax", registers: 168, spill_bytes: 12, shared_bytes: 65536, warps: 8 }];
  await ledger.settle({ ...recordOf("r/0/0/0", 4), resources }, "TIMING");
  await ledger.settle(recordOf("r/0/0/1", 2), "TIMING");
  expect(evaluationOf(lineage.db, "r/0/0/0")?.resources).toEqual(resources);
  // A twin of the one that is open waits for it.
  await ledger.offer(batch(1, 0, [3]), 9);
  ledger.startAttempt("r/0/0/2", 1, "e");
  await ledger.endAttempt("r/0/0/2", 1, "TIMING", "evaluator_lost");
  ledger.close();

  const again = openLedger(lineage, 2);
  await again.ledger.restore();
  const { state } = again.ledger;
  expect([state.accepted, state.evaluated, state.cached, state.outcomes.ok]).toEqual([3, 2, 1, 2]);
  expect(state.leaders.best()).toEqual({ candidate: "r/0/0/1", fitness: 0.5, timeMs: 2 });
  expect(again.ready).toMatchObject([{ id: "r/0/0/2", config: { X: 3 }, parents: ["r/0/9/9"] }]);
  expect(again.ledger.pastAttempts("r/0/0/2")).toEqual({ attempts: 1, deaths: 1 });
  expect(again.ledger.pastAttempts("r/0/0/0")).toEqual({ attempts: 0, deaths: 0 });
  // What the earlier session measured answers a twin of now, word for word as it answered then.
  await again.ledger.offer(batch(1, 1, [2]), 9);
  const answered = again.entries.at(-1);
  const before = ledger.entries(0, 3, 1)[0];
  expect(before).toMatchObject({ candidate: "r/0/0/1", fitness: 0.5 });
  expect(answered).toEqual({ ...before, island: 1, n: 3, candidate: "r/1/1/0", cached: true });
  await again.ledger.settle(recordOf("r/0/0/2"), "TIMING");
  const [own, twin] = again.entries.slice(-2);
  expect(own).toMatchObject({ candidate: "r/0/0/2", cached: false });
  expect(twin).toMatchObject({ candidate: "r/1/0/0", cached: true });
  expect(state.finished).toBe(false);
});
