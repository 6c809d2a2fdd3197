/** `runs/:run/cells`. */
import { combine, type Timing } from "../../../lineage/combine.ts";
import { bestByWorkload } from "../../../lineage/queries/best.ts";
import { countingTimings } from "../../../lineage/queries/ranking.ts";
import type { CandidateTiming } from "../../../lineage/queries/timed-candidates.ts";
import type { Cell, CellsAnswer } from "../../contract/landscape.ts";
import { isAbove } from "../../model/run-view.ts";
import type { Context } from "./context.ts";

type Timed = CandidateTiming & {
  readonly baseline: string | null;
  readonly gflops: number | null;
  readonly others: string;
};

export function cellsAnswer(context: Context): CellsAnswer {
  const { reader, run, view, about } = context;
  const { spec } = run;
  const niches = spec.islands.map(({ index, niche }) => ({ index, workloads: niche.workloads ?? spec.workloads }));
  const perWorkload = spec.islands.some(({ niche }) => niche.workloads !== null);
  // Finalists are measured again after the search: then those measurements decide.
  const final = view.now && run.rounds.size > 0 && perWorkload ? bestByWorkload(reader.lineage.db, run.run) : null;
  const leaders = leadersByIsland(context);
  const overall =
    view.now && run.rounds.size > 0 ? (reader.list.summary(run.row, about.live).best?.candidate ?? null) : null;
  const evaluations = evaluationsByIsland(context);
  const cells = spec.workloads.map((workload): Cell => {
    const islands = niches.filter(({ workloads }) => workloads.includes(workload)).map(({ index }) => index);
    const row = bestOf(context, islands, leaders);
    const single = row === null ? null : view.table.idOf(row);
    const candidate = perWorkload ? (final?.get(workload)?.candidate ?? single) : (overall ?? single);
    const spent = islands.reduce((sum, island) => sum + (evaluations[island] ?? 0), 0);
    const about = { workload, features: {}, islands, evaluations: spent };
    return candidate === null ? { ...about, ...NOTHING } : { ...about, ...found(context, workload, candidate) };
  });
  const speedups = cells.flatMap(({ speedup }) => (speedup === null ? [] : [speedup.value]));
  return {
    about,
    per_workload: perWorkload,
    cells,
    faster: speedups.filter((speedup) => speedup > 1).length,
    speedup: geometricMean(speedups),
  };
}

const NOTHING = {
  ...{ speedup: null, time_us: null, tflops: null, baseline: null, baselines: {} },
  ...{ candidate: null, proposer: null, rounds: 0 },
};

function found(
  { reader, view }: Context,
  workload: string,
  candidate: string,
): Omit<Cell, "workload" | "features" | "islands" | "evaluations"> {
  const { table } = view;
  const row = table.rowOf(candidate) as number;
  const measured = table.idOf(table.answer.get(row));
  const all = reader.lineage.sqlite
    .prepare(
      `select candidate, round, workload, time_ms as timeMs, baseline_ms as baselineMs, baseline, speedup,
         speedup_low as speedupLow, speedup_high as speedupHigh, metrics, gflops, others
       from measurements where candidate = ? and workload = ?`,
    )
    .all(measured, workload) as Timed[];
  const timings = view.now ? countingTimings(all, [workload]) : all.filter(({ round }) => round === 0);
  const proposer = table.proposerOf(row);
  if (timings.length === 0) return { ...NOTHING, candidate, proposer };
  const { timeMs, speedup, speedupLow, speedupHigh } = combine(timings as readonly Timing[]);
  const baselines = baselinesOf(timings);
  const gflops = geometricMean(timings.flatMap((timing) => timing.gflops ?? []));
  return {
    speedup: speedup === null ? null : { value: speedup, low: speedupLow, high: speedupHigh },
    time_us: timeMs === null ? null : timeMs * 1000,
    tflops: gflops === null ? null : gflops / 1000,
    baseline: Object.entries(baselines).sort(([, a], [, b]) => a - b)[0]?.[0] ?? null,
    baselines,
    ...{ candidate, proposer },
    rounds: timings.filter(({ round }) => round > 0).length,
  };
}

/** Microseconds, geometric means over the rounds. */
function baselinesOf(timings: readonly Timed[]): Record<string, number> {
  const times = new Map<string, number[]>();
  for (const { baseline, baselineMs, others } of timings) {
    const own = baseline === null || baselineMs === null ? {} : { [baseline]: baselineMs };
    for (const [name, ms] of Object.entries({ ...(JSON.parse(others) as Record<string, number>), ...own })) {
      times.set(name, [...(times.get(name) ?? []), ms * 1000]);
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, geometricMean(values) as number]));
}

function leadersByIsland({ view }: Context): Map<number, number> {
  const { table } = view;
  const leaders = new Map<number, number>();
  for (const row of view.counted()) {
    if (Number.isNaN(table.fitness.get(row))) continue;
    const held = leaders.get(table.island.get(row));
    if (held === undefined || isAbove(table, row, held)) leaders.set(table.island.get(row), row);
  }
  return leaders;
}

function bestOf({ view }: Context, islands: readonly number[], leaders: ReadonlyMap<number, number>): number | null {
  return islands.reduce<number | null>((best, island) => {
    const row = leaders.get(island);
    if (row === undefined) return best;
    return best === null || isAbove(view.table, row, best) ? row : best;
  }, null);
}

function evaluationsByIsland({ view }: Context): number[] {
  const counts: number[] = [];
  for (const row of view.counted()) {
    const island = view.table.island.get(row);
    counts[island] = (counts[island] ?? 0) + 1;
  }
  return counts;
}

function geometricMean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
