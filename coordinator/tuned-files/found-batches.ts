/** What a run over batch sizes timed, out of its lineage. */
import { and, eq } from "drizzle-orm";
import type { LineageDatabase } from "../lineage/database.ts";
import { cellsOf } from "../lineage/queries/cells.ts";
import { candidates, measurements } from "../lineage/schema.ts";
import type { FoundBatch, Timed } from "./choose-rows.ts";
import { workloadName } from "./moe-kernel.ts";

export interface FoundRun {
  readonly device: string | null;
  readonly toolchain: string | null;
  readonly evaluations: number;
  readonly elapsedS: number;
  readonly batches: readonly FoundBatch[];
}

export function foundBatches(db: LineageDatabase, run: string, batches: readonly number[]): FoundRun {
  const table = cellsOf(db, run);
  const cells = new Map(table?.cells.map((cell) => [cell.workload, cell]));
  return {
    device: table?.device ?? null,
    toolchain: table?.toolchain ?? null,
    evaluations: table?.evaluations ?? 0,
    elapsedS: table?.elapsed_s ?? 0,
    batches: batches.map((batch) => {
      const cell = cells.get(workloadName(batch));
      const timed = timedOn(db, run, workloadName(batch));
      if (cell?.config == null || cell.time_us === null || cell.speedup === null) return { batch, best: null, timed };
      const { config, time_us: timeUs, speedup } = cell;
      const [low, high] = [cell.speedup_low ?? speedup, cell.speedup_high ?? speedup];
      return { batch, best: { config, timeUs, speedup, low, high }, timed };
    }),
  };
}

/** Every configuration's own evaluation, before any is measured again. */
function timedOn(db: LineageDatabase, run: string, workload: string): Timed[] {
  return db
    .select({
      config: candidates.config,
      timeMs: measurements.timeMs,
      speedup: measurements.speedup,
      low: measurements.speedupLow,
      high: measurements.speedupHigh,
    })
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .where(and(eq(candidates.run, run), eq(measurements.workload, workload), eq(measurements.round, 0)))
    .all()
    .flatMap(({ config, timeMs, speedup, low, high }) =>
      timeMs === null || speedup === null
        ? []
        : [{ config: JSON.parse(config), timeUs: timeMs * 1000, speedup, low: low ?? speedup, high: high ?? speedup }],
    );
}
