import { afterEach, beforeEach, expect, it } from "vitest";
import { cellSummary, cellTable } from "../../result/cell-table.ts";
import { type Builder, buildLineage } from "../lineage-builder.fixture.ts";
import { type CellTable, cellsOf } from "./cells.ts";

let lineage: Builder;
beforeEach(() => {
  lineage = buildLineage();
});
afterEach(() => lineage.remove());

const niche = (workload: string) => ({ workloads: [workload], device: null });

/** Three cells: one wins, one loses, one has nothing. */
function cells(): CellTable {
  const run = lineage.run({ workloads: ["a", "b", "c"], niches: ["a", "b", "c"].map(niche) });
  const lucky = lineage.candidate(run, { island: 0, config: { tile: 8, warps: 4 } });
  lineage.ok(lucky, { speedups: { a: 3 } });
  const winner = lineage.candidate(run, { island: 0, config: { tile: 16, warps: 4 } });
  lineage.ok(winner, { speedups: { a: 2 } });
  lineage.measured(winner, { round: 1, speedups: { a: 1.9 }, others: { flash: 99 } });
  lineage.measured(winner, { round: 2, speedups: { a: 2.1 }, others: { flash: 99 } });
  lineage.event(run, "measured_under", `${winner} ${JSON.stringify({ temperature_c: 41 })}`);
  const loser = lineage.candidate(run, { island: 1, config: { tile: 32, warps: 4 } });
  lineage.ok(loser, { speedups: { b: 0.5 } });
  lineage.failed(lineage.candidate(run, { island: 2 }), "compile_error", "no");
  return cellsOf(lineage.db, run) as CellTable;
}

it("has every cell: what was measured again, what loses, and what nothing was found for", () => {
  const table = cells();
  expect(table).toMatchObject({
    evaluations: 4,
    faster: 1,
    speedup: expect.closeTo(Math.sqrt(Math.sqrt(1.9 * 2.1) * 0.5)),
  });
  const [a, b, c] = table.cells;
  expect(a).toMatchObject({
    workload: "a",
    speedup: expect.closeTo(Math.sqrt(1.9 * 2.1)),
    config: { tile: 16, warps: 4 },
    rounds: 2,
    evaluations: 2,
    baseline: "default -O3",
    baselines: { "default -O3": expect.closeTo(10_000), flash: expect.closeTo(99_000) },
    circumstances: [{ temperature_c: 41 }],
  });
  expect(b).toMatchObject({ workload: "b", speedup: expect.closeTo(0.5), rounds: 0, evaluations: 1 });
  expect(c).toMatchObject({ workload: "c", speedup: null, time_us: null, config: null, evaluations: 1 });
});

it("is a table for people, with what differs from the default", () => {
  const table = cells();
  expect(cellSummary(table)).toBe(
    "Faster than the fastest baseline on 1 of 3 workloads, geometric mean 1.00×; 1 not measured.",
  );
  const text = cellTable(table, { tile: 32, warps: 4 }, {});
  expect(text).toMatch(/^a .* 10000 +default -O3 +2\.00× +\S+ +2 +tile=16$/m);
  expect(text).toMatch(/^b .* 0\.50× .* the default$/m);
  expect(text).toMatch(/^c( +–)+ +1 +–$/m);
});

it("keeps the samples where they are asked for, and is nothing for a run with one winner", () => {
  const run = lineage.run({ workloads: ["a"], niches: [niche("a")] });
  lineage.ok(lineage.candidate(run), { speedups: { a: 2 } });
  expect(cellsOf(lineage.db, run, { samples: true })?.cells[0]?.samples_us).toEqual([[5000]]);
  expect(cellsOf(lineage.db, lineage.run())).toBeNull();
});
