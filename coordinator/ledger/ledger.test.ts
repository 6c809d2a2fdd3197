import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSpace } from "@kevo/core/search-space/search-space.ts";
import type { Description } from "@kevo/proto/evaluator-service.ts";
import { specOf } from "@kevo/proto/run.fixture.ts";
import { expect, test } from "vitest";
import { openLineage } from "../lineage/database.ts";
import { evaluators } from "../lineage/schema.ts";
import { Ledger } from "./ledger.ts";
import { LedgerState } from "./ledger-state.ts";

test("evaluators are stored as they were last heard of, together and in one row each", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kevo-ledger-"));
  const lineage = openLineage(join(folder, "lineage.db"));
  try {
    const space = openSpace({ parameters: [{ name: "X", type: "integer", min: 0, max: 9, step: 1 }], constraints: [] });
    const state = new LedgerState(specOf({ run: "r", count: 1 }), space);
    const ledger = new Ledger(lineage, state, { onEntries: () => {}, onReady: () => {} }, (error) => {
      throw error;
    });
    await ledger.create("{}");
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
    ledger.close();
  } finally {
    lineage.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
