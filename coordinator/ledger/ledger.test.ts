import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { Description } from "@kevo/proto/evaluator-service.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { WIRE_VERSION } from "@kevo/proto/version.ts";
import { afterEach, expect, test } from "vitest";
import { type OpenLineage, openLineage } from "../lineage/database.ts";
import { evaluators, islands, runs } from "../lineage/schema.ts";
import { Ledger } from "./ledger.ts";
import { LedgerState } from "./ledger-state.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

async function created(count: number): Promise<{ ledger: Ledger; lineage: OpenLineage }> {
  const folder = mkdtempSync(join(tmpdir(), "kevo-ledger-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const lineage = openLineage(join(folder, "lineage.db"));
  cleanups.push(() => lineage.close());
  const space = openSpace({ parameters: [{ name: "X", type: "integer", min: 0, max: 9, step: 1 }], constraints: [] });
  const state = new LedgerState(specOf({ run: "r", count, evaluations: 100 }), space);
  const ledger = new Ledger(lineage, state, { onEntries: () => {}, onReady: () => {} }, (error) => {
    throw error;
  });
  cleanups.push(() => ledger.close());
  await ledger.create("{}");
  return { ledger, lineage };
}

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
  const batch = (island: number, k: number, values: readonly number[]) => ({
    ...({ v: WIRE_VERSION, worker: "w", island, epoch: 0, k, diversity: null } as const),
    proposals: values.map((X) => ({ config: { X }, source: null, proposer: "random", parents: [], reason: null })),
  });
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
