import type { RunSpec } from "@kevo/proto/run.ts";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runs } from "../lineage/schema.ts";
import { type Builder, buildLineage } from "../lineage/testing/lineage-builder.ts";
import { finalistsOf } from "./finals.ts";

let lineage: Builder;
beforeEach(() => {
  lineage = buildLineage();
});
afterEach(() => lineage.remove());

it("lets the next best stand in for finalists that failed on fresh inputs", () => {
  const run = lineage.run();
  const candidates = [9, 8, 7, 6, 5, 4].map((speedup) => {
    const id = lineage.candidate(run);
    lineage.ok(id, { speedups: { small: speedup } });
    return id;
  });
  const stored = lineage.db.select().from(runs).where(eq(runs.id, run)).get();
  const spec = JSON.parse(stored?.spec ?? "") as RunSpec;
  const ids = (out: readonly string[]) => finalistsOf(lineage.db, spec, new Set(out)).map(({ id }) => id);
  expect(ids([])).toEqual(candidates.slice(0, 4));
  expect(ids(candidates.slice(0, 2))).toEqual(candidates.slice(2));
  expect(ids(candidates)).toEqual([]);
});
