/** A lineage with the winners of results/h200/ten-models: that run's own database is not kept, its cells are. */
import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { z } from "zod";
import { buildLineage } from "../../coordinator/lineage/lineage-builder.fixture.ts";

const recorded = z.object({
  run: z.string(),
  kernel: z.string(),
  device: z.string(),
  toolchain: z.string(),
  cells: z.array(
    z.object({
      workload: z.string(),
      speedup: z.number(),
      speedup_low: z.number(),
      speedup_high: z.number(),
      time_us: z.number(),
      tflops: z.number(),
      baseline: z.string(),
      baselines: z.record(z.string(), z.number()),
      config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      rounds: z.int(),
    }),
  ),
});

export function recordedCells(): { readonly path: string; readonly run: string; remove(): void } {
  const file = new URL("../../results/h200/ten-models/cells.json", import.meta.url);
  const { run: id, kernel, device, toolchain, cells } = recorded.parse(JSON.parse(readFileSync(file, "utf8")));
  const builder = buildLineage();
  const workloads = cells.map(({ workload }) => workload);
  const niches = workloads.map((workload) => ({ workloads: [workload], device: null }));
  const run = builder.run({ id, workloads, niches, backend: "triton", evaluations: cells.length });
  builder.set(run, { kernel });
  const database = new Database(builder.path);
  const measured = database.prepare(`update measurements
    set speedup_low = ?, speedup_high = ?, baseline = ?, gflops = ?, peak_share = null, error = null where candidate = ?`);
  for (const [island, cell] of cells.entries()) {
    const candidate = builder.candidate(run, { island, config: cell.config, proposer: "surrogate" });
    const times = { [cell.workload]: cell.time_us / 1000 };
    const speedups = { [cell.workload]: cell.speedup };
    const others = Object.fromEntries(Object.entries(cell.baselines).map(([name, us]) => [name, us / 1000]));
    builder.ok(candidate, { speedups, times, others });
    for (let round = 1; round <= cell.rounds; round++) builder.measured(candidate, { round, speedups, times, others });
    measured.run(cell.speedup_low, cell.speedup_high, cell.baseline, cell.tflops * 1000, candidate);
  }
  database.prepare("update evaluations set device_model = ?, toolchain = ?").run(device, toolchain);
  database.close();
  return { path: builder.path, run, remove: () => builder.remove() };
}
