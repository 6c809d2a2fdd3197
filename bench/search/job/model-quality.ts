/** How well the model of a job's space predicts what it has not seen. */
import { labelledRandom } from "@kevo/core/random/random.ts";
import { middle, modelOf } from "./job-space.ts";
import type { Measured, MeasuredSpace } from "./measured.ts";

const FOLDS = 5;

export interface ModelQuality {
  /** Measurements, and different configurations among them. */
  readonly measurements: number;
  readonly configurations: number;
  readonly failed: number;
  /** Median difference of two measurements of one configuration, as a share. */
  readonly noise: number;
  /** Of the logarithm of time, each fifth predicted from the others. */
  readonly r2: number;
  readonly rank_correlation: number;
  /** Median difference between predicted and measured time, as a share. */
  readonly median_error: number;
  /** Among the fastest 1 % as measured: rank correlation, error, and how many the model puts into its own 1 % and 5 %. */
  readonly best_1_percent: {
    readonly count: number;
    readonly rank_correlation: number;
    readonly median_error: number;
    readonly in_predicted_1_percent: number;
    readonly in_predicted_5_percent: number;
  };
  /** Of the failures, how many it expected; and of the expected failures, how many failed. */
  readonly failures: { readonly found: number; readonly precision: number | null };
}

export function modelQuality({ space, measured, rows }: MeasuredSpace): ModelQuality {
  const all = labelledRandom("folds").shuffle([...measured.values()]);
  const predicted = new Map<Measured, number | null>();
  for (let fold = 0; fold < FOLDS; fold++) {
    const model = modelOf(
      space,
      all.filter((_, at) => at % FOLDS !== fold),
    );
    for (const [at, one] of all.entries()) if (at % FOLDS === fold) predicted.set(one, model(one.genes));
  }
  const pairs = all.flatMap((one) => {
    const guess = predicted.get(one) ?? null;
    return one.times.length === 0 || guess === null ? [] : [{ time: middle(one.times), guess }];
  });
  const best = pairs.toSorted((a, b) => a.time - b.time).slice(0, Math.round(pairs.length / 100));
  const byGuess = pairs.toSorted((a, b) => a.guess - b.guess);
  const among = (share: number) => {
    const top = new Set(byGuess.slice(0, Math.round(pairs.length * share)));
    return best.filter((pair) => top.has(pair)).length;
  };
  const expected = all.filter((one) => predicted.get(one) === null);
  const failed = all.filter(({ times }) => times.length === 0);
  const found = expected.filter(({ times }) => times.length === 0).length;
  return {
    measurements: rows,
    configurations: all.length,
    failed: failed.length,
    noise: medianOf(
      all.flatMap(({ times: [a, b] }) => (a === undefined || b === undefined ? [] : [Math.abs(Math.log(a / b))])),
    ),
    r2: r2Of(pairs),
    rank_correlation: rankCorrelation(pairs),
    median_error: errorOf(pairs),
    best_1_percent: {
      count: best.length,
      rank_correlation: rankCorrelation(best),
      median_error: errorOf(best),
      in_predicted_1_percent: among(0.01),
      in_predicted_5_percent: among(0.05),
    },
    failures: { found, precision: expected.length === 0 ? null : found / expected.length },
  };
}

interface Pair {
  readonly time: number;
  readonly guess: number;
}

function r2Of(pairs: readonly Pair[]): number {
  const logs = pairs.map(({ time }) => Math.log(time));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const total = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
  const left = pairs.reduce((sum, { time, guess }) => sum + Math.log(time / guess) ** 2, 0);
  return 1 - left / total;
}

function errorOf(pairs: readonly Pair[]): number {
  return medianOf(pairs.map(({ time, guess }) => Math.abs(guess / time - 1)));
}

/** Spearman's. */
function rankCorrelation(pairs: readonly Pair[]): number {
  const ranks = (of: (pair: Pair) => number) => {
    const order = [...pairs.keys()].sort((a, b) => of(pairs[a] as Pair) - of(pairs[b] as Pair));
    const rank = new Float64Array(pairs.length);
    for (const [place, at] of order.entries()) rank[at] = place;
    return rank;
  };
  const [a, b] = [ranks(({ time }) => time), ranks(({ guess }) => guess)];
  const n = pairs.length;
  const apart = a.reduce((sum, rank, at) => sum + (rank - (b[at] as number)) ** 2, 0);
  return 1 - (6 * apart) / (n * (n * n - 1));
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

/** Lines for people. */
export function modelQualityLines(quality: ModelQuality): string[] {
  const { measurements, configurations, failed, noise, best_1_percent: best, failures } = quality;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    `${measurements} measurements of ${configurations} configurations, ${failed} of them failures`,
    `two measurements of one configuration differ by ${percent(noise)} (median)`,
    "each fifth predicted from the others:",
    `  R² of log time ${quality.r2.toFixed(3)}, rank correlation ${quality.rank_correlation.toFixed(3)}, error ${percent(quality.median_error)} (median)`,
    `  the fastest 1 % (${best.count}): rank correlation ${best.rank_correlation.toFixed(3)}, error ${percent(best.median_error)}; ` +
      `${best.in_predicted_1_percent} are in the predicted fastest 1 %, ${best.in_predicted_5_percent} in 5 %`,
    `  failures: ${failures.found} of ${failed} expected${failures.precision === null ? "" : `, ${percent(failures.precision)} of those expected failed`}`,
  ];
}
