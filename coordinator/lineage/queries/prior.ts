/** What a finished run says to one that begins: its best configurations for each workload. */
import type { KnownConfiguration } from "@kevo/core/kernel/known-good.ts";
import { type RunSpec, runSpec } from "@kevo/proto/run.ts";
import { config as configSchema } from "@kevo/proto/search-space.ts";
import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { candidates, evaluations, measurements, runs } from "../schema.ts";
import { idInRun } from "./of-run.ts";

/** Configurations of one run for one workload and device model. */
const KEPT = 4;

/** The fastest first; those that were measured again as finalists come before all others. */
export function bestConfigurations(db: LineageDatabase, run: string): KnownConfiguration[] {
  const { workload, round, timeMs } = measurements;
  const remeasured = sql<number>`max(${round}) > 0`;
  const time = sql<number>`coalesce(avg(case when ${round} > 0 then ${timeMs} end), min(${timeMs}))`;
  const rows = db
    .select({ workload, device: evaluations.deviceModel, config: candidates.config })
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .innerJoin(evaluations, eq(evaluations.candidate, measurements.candidate))
    .where(
      and(
        idInRun(measurements.candidate, run),
        eq(evaluations.outcome, "ok"),
        isNull(candidates.source),
        isNotNull(timeMs),
        isNotNull(evaluations.deviceModel),
      ),
    )
    .groupBy(workload, measurements.candidate)
    .orderBy(desc(remeasured), time)
    .all();
  const groups = Map.groupBy(rows, ({ workload, device }) => JSON.stringify([workload, device]));
  return [...groups.values()].flatMap((group) =>
    group.slice(0, KEPT).map(({ workload, device, config }, rank) => ({
      ...{ workload, device: device as string, rank, run },
      config: configSchema.parse(JSON.parse(config)),
    })),
  );
}

/** Complete runs of the kernel that measured on one of the device models, the latest first. */
export function finishedRuns(
  db: LineageDatabase,
  { kernel, backend }: Pick<RunSpec, "kernel" | "backend">,
  devices: readonly string[],
  count: number,
): string[] {
  if (devices.length === 0) return [];
  const rows = db
    .select({ id: runs.id, spec: runs.spec })
    .from(runs)
    .where(and(eq(runs.kernel, kernel.id), eq(runs.backend, backend), eq(runs.status, "completed")))
    .orderBy(desc(sql`${runs}.rowid`))
    .all();
  const found: string[] = [];
  for (const { id, spec } of rows) {
    if (found.length >= count) break;
    // A repetition has what the run that it repeats has.
    if (runSpec.parse(JSON.parse(spec)).llm?.repeats !== undefined) continue;
    if (devicesOf(db, id).some((device) => devices.includes(device))) found.push(id);
  }
  return found;
}

function devicesOf(db: LineageDatabase, run: string): string[] {
  const rows = db
    .selectDistinct({ device: evaluations.deviceModel })
    .from(evaluations)
    .where(and(idInRun(evaluations.candidate, run), isNotNull(evaluations.deviceModel)))
    .all();
  return rows.map(({ device }) => device as string);
}
