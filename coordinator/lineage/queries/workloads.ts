/** How a run's winner does on each workload. */
import type { BandwidthOf } from "@kevo/proto/outcome.ts";
import { eq } from "drizzle-orm";
import { combine } from "../combine.ts";
import type { LineageDatabase } from "../database.ts";
import { type Roofline, rooflineOf } from "../roofline.ts";
import { candidates, measurements } from "../schema.ts";
import { bestByWorkload, bestOf } from "./best.ts";
import { readNiches } from "./niches.ts";
import { countingTimings } from "./ranking.ts";

export interface WorkloadTimes {
  readonly workload: string;
  readonly candidate: string;
  /** How often it was measured again on fresh inputs; 0 for a single evaluation. */
  readonly rounds: number;
  /** Milliseconds, geometric means over the rounds that count; null where a recording has none. */
  readonly time_ms: number | null;
  readonly baseline_ms: number | null;
  /** Name of the fastest baseline. */
  readonly baseline: string | null;
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  readonly gflops: number | null;
  /** Share of the device's measured peak, 0 to 1. */
  readonly peak_share: number | null;
  /** GB/s of the workload's bytes; with the share, 0 to 1, of the measured bandwidth of what holds them. */
  readonly gbytes_per_s: number | null;
  readonly bandwidth_share: number | null;
  readonly bandwidth_of: BandwidthOf | null;
  /** The larger of the two shares, and of what it is one. */
  readonly roofline: Roofline | null;
  /** Everything else that was timed beside it, by name: baselines, NumPy, torch; milliseconds. */
  readonly others: Readonly<Record<string, number>>;
}

/** The workloads of the run in its order: times of the workload's own best where there is one, else of the run's best. */
export function winnersTimes(db: LineageDatabase, run: string): WorkloadTimes[] {
  const { workloads } = readNiches(db, run);
  const own = bestByWorkload(db, run);
  const best = bestOf(db, run);
  return workloads.flatMap((workload) => {
    const winner = own.get(workload) ?? best;
    return winner === null ? [] : timesOf(db, winner.candidate).filter((times) => times.workload === workload);
  });
}

/** Times of one candidate on each workload of its niche. */
export function timesOf(db: LineageDatabase, candidate: string): WorkloadTimes[] {
  const row = db.select().from(candidates).where(eq(candidates.id, candidate)).get();
  if (row === undefined) return [];
  const workloads = readNiches(db, row.run).workloadsOf(row.island);
  const rows = db.select().from(measurements).where(eq(measurements.candidate, candidate)).all();
  const counting = Map.groupBy(countingTimings(rows, workloads), (timing) => timing.workload);
  return [...counting].map(([workload, timings]) => {
    const { timeMs, baselineMs, speedup, speedupLow, speedupHigh } = combine(timings);
    const shares = {
      peak_share: mean(timings.map((t) => t.peakShare)),
      bandwidth_share: mean(timings.map((t) => t.bandwidthShare)),
      bandwidth_of: timings[0]?.bandwidthOf ?? null,
    };
    return {
      workload,
      candidate,
      rounds: timings.filter(({ round }) => round > 0).length,
      time_ms: timeMs,
      baseline_ms: baselineMs,
      baseline: timings[0]?.baseline ?? null,
      speedup,
      speedup_low: speedupLow,
      speedup_high: speedupHigh,
      gflops: mean(timings.map((t) => t.gflops)),
      gbytes_per_s: mean(timings.map((t) => t.gbytesPerS)),
      ...shares,
      roofline: rooflineOf(shares),
      others: othersOf(timings.map((t) => JSON.parse(t.others) as Record<string, number>)),
    };
  });
}

function othersOf(rounds: readonly Record<string, number>[]): Record<string, number> {
  const names = new Set(rounds.flatMap((others) => Object.keys(others)));
  return Object.fromEntries(
    [...names].map((name) => [name, mean(rounds.map((others) => others[name] ?? null)) as number]),
  );
}

/** Geometric mean of the known values. */
function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null && value > 0) as number[];
  if (known.length === 0) return null;
  return Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length);
}
