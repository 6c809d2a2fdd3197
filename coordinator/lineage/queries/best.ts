/**
 * The best candidate of a run, of each workload where islands are limited to workloads, and of each device likewise.
 */
import { and, eq } from "drizzle-orm";
import type { LineageDatabase } from "../database.ts";
import { candidates, evaluations, measurements } from "../schema.ts";
import { failedFinalists } from "./finalists.ts";
import { type Niches, readNiches } from "./niches.ts";
import { idInRun } from "./of-run.ts";
import { better, place, type Ranked } from "./place.ts";
import { countingTimings, ranking } from "./ranking.ts";
import { timedCandidates, timedColumns } from "./timed-candidates.ts";

/** @returns null while nothing was measured. */
export function bestOf(db: LineageDatabase, run: string): Ranked | null {
  return ranking(db, run, 1)[0] ?? null;
}

/**
 * The best for each workload by its own timings, among the islands whose niche holds it. Empty where no island is
 * limited to workloads. As in the ranking, re-measured candidates come before all others.
 */
export function bestByWorkload(db: LineageDatabase, run: string): Map<string, Ranked> {
  const niches = readNiches(db, run);
  if (!niches.perWorkload) return new Map();
  const best = leaders(db, run, niches, (_island, workloads) =>
    workloads.map((workload) => ({ name: workload, workloads: [workload] })),
  );
  return new Map(niches.workloads.flatMap((name) => (best.has(name) ? [[name, best.get(name) as Ranked]] : [])));
}

/** The best for each device model, among the islands limited to it, in their order. Empty where no island is. */
export function bestByDevice(db: LineageDatabase, run: string): Map<string, Ranked> {
  const niches = readNiches(db, run);
  if (niches.devices.length === 0) return new Map();
  const best = leaders(db, run, niches, (island, workloads) => {
    const { device } = niches.nicheOf(island);
    return device === null ? [] : [{ name: device, workloads }];
  });
  return new Map(niches.devices.flatMap((name) => (best.has(name) ? [[name, best.get(name) as Ranked]] : [])));
}

interface Contest {
  readonly name: string;
  /** By whose timings it is decided. */
  readonly workloads: readonly string[];
}

/** The winner of each contest that islands take part in. */
function leaders(
  db: LineageDatabase,
  run: string,
  niches: Niches,
  contestsOf: (island: number, workloads: readonly string[]) => Contest[],
): Map<string, Ranked> {
  const best = new Map<string, Ranked>();
  const query = db
    .select(timedColumns)
    .from(measurements)
    .innerJoin(candidates, eq(candidates.id, measurements.candidate))
    .innerJoin(evaluations, eq(evaluations.candidate, measurements.candidate))
    .where(and(idInRun(measurements.candidate, run), eq(evaluations.outcome, "ok")))
    .orderBy(measurements.candidate);
  const out = new Set(failedFinalists(db, run).map(({ candidate }) => candidate));
  for (const { row, timings: all } of timedCandidates(db, query)) {
    if (out.has(row.id)) continue;
    const workloads = niches.workloadsOf(row.island);
    const counting = countingTimings(all, workloads);
    for (const { name, workloads: deciding } of contestsOf(row.island, workloads)) {
      const timings = counting.filter((timing) => deciding.includes(timing.workload));
      if (timings.length === 0) continue;
      const next = place(row, timings, niches.objective);
      const held = best.get(name);
      const again = next.rounds - (held?.rounds ?? 0);
      if (held === undefined || again > 0 || (again === 0 && better(next, held) < 0)) best.set(name, next);
    }
  }
  return best;
}
