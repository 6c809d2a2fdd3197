/** Figures over the seeds of one search. */
import { labelledRandom } from "@kevo/core/random/random.ts";
import type { SearchTrace } from "./simulate.ts";

const RESAMPLES = 2_000;
export const NEAR = 1.05;
/** Share of the evaluations, at the end, over which the last asks are looked at. */
const LAST = 0.2;

export interface Figures extends AskFigures {
  /** By budget of unique evaluations: mean over seeds of optimum / best so far. */
  readonly fraction_of_optimum: Record<string, number>;
  /** The same, the median over seeds. */
  readonly median_fraction: Record<string, number>;
  /** 95 % bootstrap intervals of the means. */
  readonly interval: Record<string, [number, number]>;
  /** Seeds whose best came within 5 % of the optimum. */
  readonly within_5_percent: number;
  /** Median over all seeds of the evaluations that it took; null when half of them or more never did. */
  readonly median_evaluations_to_5_percent: number | null;
  /** 95 % bootstrap interval of the median; null where it is unbounded. */
  readonly median_interval: [number | null, number | null];
}

/** The cost of `ask`, over all seeds. */
export interface AskFigures {
  /** Time of one `ask`, milliseconds. */
  readonly ask_ms: Quantiles;
  /** The same over the last fifth of the evaluations, when most is known: from this many observations on. */
  readonly last_ask_ms: Quantiles & { readonly told: number };
  /** Of that the processor's time, which does not grow when others use the machine. */
  readonly last_ask_cpu_ms: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Of one recording of each trace, which has one in `share` of the evaluations. */
export function figuresOf(
  traces: readonly SearchTrace[],
  optimum: number,
  budgets: readonly number[],
  recording = 0,
  share = 1,
): Figures {
  const lines = traces.map(({ best }) => (best[recording] ?? []).filter((_, at) => (at + 1) % share === 0));
  const fraction: Record<string, number> = {};
  const interval: Record<string, [number, number]> = {};
  const medians: Record<string, number> = {};
  for (const budget of budgets) {
    const reached = lines.map(
      (best) => optimum / (best[Math.min(budget, best.length) - 1] ?? Number.POSITIVE_INFINITY),
    );
    fraction[budget] = mean(reached);
    medians[budget] = median(reached);
    interval[budget] = bootstrap(reached, mean);
  }
  const needed = lines.map((best) => {
    const at = best.findIndex((time) => time <= optimum * NEAR);
    return at < 0 ? Number.POSITIVE_INFINITY : at + 1;
  });
  const [low, high] = bootstrap(needed, median);
  return {
    fraction_of_optimum: fraction,
    median_fraction: medians,
    interval,
    within_5_percent: needed.filter(Number.isFinite).length,
    median_evaluations_to_5_percent: finite(median(needed)),
    median_interval: [finite(low), finite(high)],
    ...askFigures(traces),
  };
}

export function askFigures(traces: readonly SearchTrace[]): AskFigures {
  const asks = traces.flatMap((trace) => trace.asks);
  const told = Math.floor((1 - LAST) * Math.max(...traces.map(({ best }) => best[0]?.length ?? 0)));
  const last = asks.filter((ask) => ask.told >= told);
  return {
    ask_ms: quantilesOf(asks.map(({ ms }) => ms)),
    last_ask_ms: { told, ...quantilesOf(last.map(({ ms }) => ms)) },
    last_ask_cpu_ms: quantilesOf(last.map(({ cpu_ms }) => cpu_ms)),
  };
}

function quantilesOf(values: readonly number[]): Quantiles {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}

/** The middle 95 % of the statistic over resamples of the seeds (percentile bootstrap). */
export function bootstrap(values: readonly number[], statistic: (sample: number[]) => number): [number, number] {
  const random = labelledRandom("bootstrap");
  const resampled = Array.from({ length: RESAMPLES }, () => statistic(values.map(() => random.choice(values))));
  return [quantile(resampled, 0.025), quantile(resampled, 0.975)];
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The upper one of the two in the middle, so that an infinite half makes it infinite. */
export function median(values: readonly number[]): number {
  return values.toSorted(ascending)[values.length >> 1] as number;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted(ascending);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

function ascending(a: number, b: number): number {
  return a === b ? 0 : a - b; // Infinity - Infinity is not a number.
}

export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
