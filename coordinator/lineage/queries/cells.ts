/**
 * A run over many workloads, each with its own islands: the best of each of them, also where it is slower than the
 * baseline or nothing was found.
 */
import type { MeasurementConditions } from "@kevo/proto/event.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { and, count, eq } from "drizzle-orm";
import { combine } from "../combine.ts";
import type { LineageDatabase } from "../database.ts";
import { candidates, evaluations, islands, measurements, runs } from "../schema.ts";
import { bestByWorkload } from "./best.ts";
import { measurementConditionsOf } from "./measurement-conditions.ts";
import { readNiches } from "./niches.ts";
import type { Ranked } from "./place.ts";
import { countingTimings } from "./ranking.ts";

interface Cell {
  readonly workload: string;
  /** Against the fastest baseline; these and all that follow are null where nothing was measured. */
  readonly speedup: number | null;
  readonly speedup_low: number | null;
  readonly speedup_high: number | null;
  /** Microseconds. */
  readonly time_us: number | null;
  readonly tflops: number | null;
  /** The fastest baseline's name. */
  readonly baseline: string | null;
  /** Every baseline that was timed beside it, microseconds. */
  readonly baselines: Readonly<Record<string, number>>;
  /** Baselines that do not run on this workload, and why. */
  readonly left_out: Readonly<Record<string, string>>;
  /** Of the package that a baseline comes from, where that is not PyTorch. */
  readonly baseline_versions: Readonly<Record<string, string>>;
  readonly config: Config | null;
  readonly candidate: string | null;
  /** Number of re-measurements on fresh inputs; if there are any, the values above come from them alone. */
  readonly rounds: number;
  /** Evaluations that the budget counts, of the islands of this workload. */
  readonly evaluations: number;
  readonly circumstances: readonly MeasurementConditions[];
  /** Every timed batch, microseconds, by round; only where asked for. */
  readonly samples_us?: readonly (readonly number[])[];
}

export interface CellTable {
  readonly run: string;
  readonly kernel: string;
  readonly device: string | null;
  readonly toolchain: string | null;
  readonly elapsed_s: number;
  readonly evaluations: number;
  /** Cells that are faster than the fastest baseline. */
  readonly faster: number;
  /** Geometric mean over the cells that have a speedup. */
  readonly speedup: number | null;
  readonly cells: readonly Cell[];
}

/** @returns null for a run whose islands are not limited to workloads. */
export function cellsOf(db: LineageDatabase, run: string, { samples = false } = {}): CellTable | null {
  const niches = readNiches(db, run);
  if (!niches.perWorkload) return null;
  const best = bestByWorkload(db, run);
  const told = measurementConditionsOf(db, run);
  const spent = evaluationsByIsland(db, run);
  const cells = niches.workloads.map((workload): Cell => {
    const own = [...spent].filter(([island]) => niches.workloadsOf(island).includes(workload));
    const about = { workload, evaluations: own.reduce((sum, [, n]) => sum + n, 0) };
    const winner = best.get(workload);
    return winner === undefined
      ? { ...about, ...NOTHING }
      : { ...about, ...found(db, workload, winner, told, samples) };
  });
  const speedups = cells.flatMap(({ speedup }) => (speedup === null ? [] : [speedup]));
  const row = db.select().from(runs).where(eq(runs.id, run)).get();
  const where = db
    .select({ device: evaluations.deviceModel, toolchain: evaluations.toolchain })
    .from(evaluations)
    .where(and(eq(evaluations.run, run), eq(evaluations.outcome, "ok")))
    .limit(1)
    .get();
  return {
    run,
    kernel: row?.kernel ?? "",
    device: where?.device ?? null,
    toolchain: where?.toolchain ?? null,
    elapsed_s: (row?.elapsedMs ?? 0) / 1000,
    evaluations: [...spent.values()].reduce((sum, n) => sum + n, 0),
    faster: speedups.filter((speedup) => speedup > 1).length,
    speedup: geometricMean(speedups),
    cells,
  };
}

const NOTHING = {
  ...{ speedup: null, speedup_low: null, speedup_high: null, time_us: null, tflops: null, baseline: null },
  ...{
    baselines: {},
    left_out: {},
    baseline_versions: {},
    config: null,
    candidate: null,
    rounds: 0,
    circumstances: [],
  },
} as const;

function found(
  db: LineageDatabase,
  workload: string,
  winner: Ranked,
  told: ReadonlyMap<string, MeasurementConditions[]>,
  samples: boolean,
): Omit<Cell, "workload" | "evaluations"> {
  const rows = db.select().from(measurements).where(eq(measurements.candidate, winner.candidate)).all();
  const timings = countingTimings(rows, [workload]);
  const { timeMs, speedup, speedupLow, speedupHigh } = combine(timings);
  const named = timings.map(({ baseline, baselineMs, others }) => ({
    ...(JSON.parse(others) as Record<string, number>),
    ...(baseline === null || baselineMs === null ? {} : { [baseline]: baselineMs }),
  }));
  const baselines = meansByName(named);
  const gflops = geometricMean(timings.flatMap((t) => (t.gflops === null ? [] : [t.gflops])));
  const conditions = told.get(winner.candidate) ?? [];
  const fastest = Object.entries(baselines).sort(([, a], [, b]) => a - b)[0];
  return {
    speedup,
    speedup_low: speedupLow,
    speedup_high: speedupHigh,
    time_us: timeMs === null ? null : timeMs * 1000,
    tflops: gflops === null ? null : gflops / 1000,
    baseline: fastest?.[0] ?? null,
    baselines: Object.fromEntries(Object.entries(baselines).map(([name, ms]) => [name, ms * 1000])),
    left_out: Object.assign({}, ...conditions.map((one) => one.baselines_left_out?.[workload] ?? {})),
    baseline_versions: Object.assign({}, ...conditions.map((one) => one.baseline_versions ?? {})),
    config: winner.config,
    candidate: winner.candidate,
    rounds: winner.rounds,
    circumstances: conditions,
    ...(samples ? { samples_us: timings.map((t) => (JSON.parse(t.samples) as number[]).map((ms) => ms * 1000)) } : {}),
  };
}

function evaluationsByIsland(db: LineageDatabase, run: string): Map<number, number> {
  const all = db.select({ island: islands.island }).from(islands).where(eq(islands.run, run)).all();
  const rows = db
    .select({ island: candidates.island, n: count() })
    .from(evaluations)
    .innerJoin(candidates, eq(candidates.id, evaluations.candidate))
    .where(eq(evaluations.run, run))
    .groupBy(candidates.island)
    .all();
  const spent = new Map(rows.map(({ island, n }) => [island, n]));
  return new Map(all.map(({ island }) => [island, spent.get(island) ?? 0]));
}

/** Geometric mean of each name over the rounds that have it. */
function meansByName(rounds: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      geometricMean(rounds.flatMap((round) => (round[name] === undefined ? [] : [round[name]]))) as number,
    ]),
  );
}

function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
