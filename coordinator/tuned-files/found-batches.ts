/** What a run over batch sizes timed, out of its lineage. */
import { and, eq } from "drizzle-orm";
import { combine } from "../lineage/combine.ts";
import type { LineageDatabase } from "../lineage/database.ts";
import { cellsOf } from "../lineage/queries/cells.ts";
import { countingTimings } from "../lineage/queries/ranking.ts";
import { candidates, measurements } from "../lineage/schema.ts";
import type { FoundBatch, Timed } from "./choose-rows.ts";
import type { CarriedConfig } from "./lookup.ts";
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
      return { batch, best: { config: config as CarriedConfig, timeUs, speedup, low, high }, timed };
    }),
  };
}

/** Every configuration: a finalist's rounds on fresh inputs, else its own evaluation. */
function timedOn(db: LineageDatabase, run: string, workload: string): Timed[] {
  const rows = db
    .select({ config: candidates.config, measured: measurements })
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .where(and(eq(candidates.run, run), eq(measurements.workload, workload)))
    .all();
  return [...Map.groupBy(rows, ({ config }) => config)].flatMap(([config, of]) => {
    const timings = countingTimings(
      of.map(({ measured }) => measured),
      [workload],
    );
    const { timeMs, speedup, speedupLow, speedupHigh } = combine(timings);
    return timeMs === null || speedup === null
      ? []
      : [
          {
            config: JSON.parse(config) as CarriedConfig,
            timeUs: timeMs * 1000,
            ...{ speedup, low: speedupLow ?? speedup, high: speedupHigh ?? speedup },
          },
        ];
  });
}
