/** One run for several devices against a run for each: evaluations in all until every device's best is good. */
import type { SearchTrace } from "./simulate.ts";
import { bootstrap, finite, mean, median, NEAR } from "./statistics.ts";

/** A statistic over seeds with its 95 % bootstrap interval; null where it is unbounded. */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Side {
  /** Seeds in which every device's best came within 5 % of its optimum. */
  readonly within_5_percent: number;
  /** Median over seeds of the evaluations in all that it took. */
  readonly median_evaluations_to_5_percent: Estimate;
  /** By device, then by budget of evaluations in all: mean over seeds of optimum / best so far. */
  readonly fraction_of_optimum: Record<string, Record<string, Estimate>>;
}

export interface Comparison {
  readonly joint: Side;
  readonly separate: Side;
  /** Median over seeds of the joint run's evaluations as a share of the separate runs'. */
  readonly share_of_evaluations: Estimate;
  /** The same against separate runs of which each ends as soon as its own device's best is good. */
  readonly share_of_evaluations_stopped_in_time: Estimate;
}

/**
 * @param joint a trace of all devices for each seed.
 * @param separate for each device a trace of it alone for each seed; the devices' runs go on side by side, so that
 * the evaluations in all are the number of devices times one run's.
 * @param optima smallest recorded time of each device, milliseconds.
 */
export function compareJoint(
  joint: readonly SearchTrace[],
  separate: readonly (readonly SearchTrace[])[],
  devices: readonly string[],
  optima: readonly number[],
  budgets: readonly number[],
): Comparison {
  const count = devices.length;
  const reached = (line: readonly number[] | undefined, device: number) => {
    const at = (line ?? []).findIndex((time) => time <= (optima[device] as number) * NEAR);
    return at < 0 ? Number.POSITIVE_INFINITY : at + 1;
  };
  const jointly = joint.map(({ best }) => Math.max(...best.map(reached)));
  const own = joint.map((_, seed) => separate.map((traces, device) => reached(traces[seed]?.best[0], device)));
  const separately = own.map((needed) => count * Math.max(...needed));
  const stopped = own.map((needed) => needed.reduce((sum, each) => sum + each, 0));
  const fraction = (lineOf: (seed: number, device: number) => readonly number[] | undefined, share: number) =>
    Object.fromEntries(
      devices.map((name, device) => [
        name,
        Object.fromEntries(
          budgets.map((budget) => {
            const values = joint.map((_, seed) => {
              const line = lineOf(seed, device) ?? [];
              const time = line[Math.min(Math.floor(budget / share), line.length) - 1] ?? Number.POSITIVE_INFINITY;
              return (optima[device] as number) / time;
            });
            return [budget, estimate(values, mean)];
          }),
        ),
      ]),
    );
  const ratios = (others: readonly number[]) =>
    jointly.map((needed, seed) => (needed === Number.POSITIVE_INFINITY ? needed : needed / (others[seed] as number)));
  return {
    joint: {
      within_5_percent: jointly.filter(Number.isFinite).length,
      median_evaluations_to_5_percent: estimate(jointly, median),
      fraction_of_optimum: fraction((seed, device) => joint[seed]?.best[device], 1),
    },
    separate: {
      within_5_percent: separately.filter(Number.isFinite).length,
      median_evaluations_to_5_percent: estimate(separately, median),
      fraction_of_optimum: fraction((seed, device) => separate[device]?.[seed]?.best[0], count),
    },
    share_of_evaluations: estimate(ratios(separately), median),
    share_of_evaluations_stopped_in_time: estimate(ratios(stopped), median),
  };
}

function estimate(values: readonly number[], statistic: (sample: number[]) => number): Estimate {
  const [low, high] = bootstrap(values, statistic);
  return { value: finite(statistic([...values])), low: finite(low), high: finite(high) };
}

/** Lines for people. */
export function comparisonLines({ joint, separate, ...shares }: Comparison, seeds: number): string[] {
  const words = ({ value, low, high }: Estimate, digits: number) => {
    const [v, l, h] = [value, low, high].map((each) => each?.toFixed(digits) ?? "-");
    return `${v} [${l}, ${h}]`;
  };
  const cells = (first: string, ...rest: string[]) => first.padEnd(44) + rest.map((cell) => cell.padStart(22)).join("");
  const budgets = Object.keys(Object.values(joint.fraction_of_optimum)[0] ?? {});
  const lines = [cells("fraction of the optimum at, in all", ...budgets)];
  for (const device of Object.keys(joint.fraction_of_optimum)) {
    for (const [name, side] of Object.entries({ joint, separate })) {
      const row = side.fraction_of_optimum[device] ?? {};
      lines.push(cells(`${device}, ${name}`, ...budgets.map((budget) => words(row[budget] as Estimate, 3))));
    }
  }
  lines.push("", cells("evaluations in all until each within 5 %", "seeds", "median"));
  for (const [name, side] of Object.entries({ joint, separate })) {
    lines.push(cells(name, `${side.within_5_percent} of ${seeds}`, words(side.median_evaluations_to_5_percent, 0)));
  }
  const { share_of_evaluations: share, share_of_evaluations_stopped_in_time: stopped } = shares;
  lines.push(`joint / separate, seed by seed, median: ${words(share, 2)}`);
  lines.push(`the same, each separate run ended as soon as it is within 5 %: ${words(stopped, 2)}`);
  return lines;
}
