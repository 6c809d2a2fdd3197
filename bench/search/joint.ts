/** One run for several devices against a run for each: evaluations in all until every device's best is good. */
import type { SearchTrace } from "./simulate.ts";
import { bootstrap, finite, mean, median, NEAR } from "./statistics.ts";

/** Levels of quality at which the two are compared: after each but the first of this many equal parts of a run. */
const STEPS = 8;

/** A statistic over seeds with its 95 % bootstrap interval; null where it is unbounded. */
interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

interface Side {
  /** Seeds in which every device's best came within 5 % of its optimum. */
  readonly within_5_percent: number;
  /** Median over seeds of the evaluations in all that it took. */
  readonly median_evaluations_to_5_percent: Estimate;
  /** By device, then by budget of evaluations in all: mean over seeds of optimum / best so far. */
  readonly fraction_of_optimum: Record<string, Record<string, Estimate>>;
}

/** The joint result of separate runs after a number of evaluations, and when one run has reached the same. */
interface SameQuality {
  /** Evaluations of all separate runs together. */
  readonly separate: number;
  /** Their mean over seeds and devices of optimum / best so far. */
  readonly fraction_of_optimum: number;
  /** Evaluations until the joint run's mean is as high; null when it never is. */
  readonly joint: number | null;
  /** joint / separate. */
  readonly share: Estimate;
}

export interface Comparison {
  readonly joint: Side;
  readonly separate: Side;
  readonly same_quality: readonly SameQuality[];
  /** Median over seeds of the joint run's evaluations as a share of the separate runs'. */
  readonly share_of_evaluations: Estimate;
  /** The same against separate runs of which each ends as soon as its own device's best is good. */
  readonly share_of_evaluations_stopped_in_time: Estimate;
}

/**
 * @param joint a trace of all devices for each seed.
 * @param separate for each device a trace of it alone for each seed; the devices' runs proceed side by side, so that
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
  const jointLines = joint.map(({ best }) => meanLine(best, optima, 1));
  const separateLines = joint.map((_, seed) =>
    meanLine(
      separate.map((traces) => traces[seed]?.best[0] ?? []),
      optima,
      count,
    ),
  );
  const fraction = (lineOf: (seed: number, device: number) => readonly number[] | undefined, share: number) =>
    Object.fromEntries(
      devices.map((name, device) => [
        name,
        Object.fromEntries(
          budgets.map((budget) => {
            const values = joint.map((_, seed) =>
              fractionAfter(Math.floor(budget / share), lineOf(seed, device) ?? [], optima[device] as number),
            );
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
    same_quality: sameQuality(jointLines, separateLines),
    share_of_evaluations: estimate(ratios(separately), median),
    share_of_evaluations_stopped_in_time: estimate(ratios(stopped), median),
  };
}

/** Optimum / best after this many evaluations of the line; 0 before the first success. */
function fractionAfter(evaluations: number, line: readonly number[], optimum: number): number {
  return optimum / (line[Math.min(evaluations, line.length) - 1] ?? Number.POSITIVE_INFINITY);
}

/** After each evaluation, the devices' mean of optimum / best so far; `share` runs proceed side by side. */
function meanLine(best: readonly (readonly number[])[], optima: readonly number[], share: number): number[] {
  const length = share * Math.max(...best.map((line) => line.length));
  return Array.from({ length }, (_, at) => {
    const evaluations = Math.floor((at + 1) / share);
    return mean(best.map((line, device) => fractionAfter(evaluations, line, optima[device] as number)));
  });
}

/** At equal steps of the separate runs. Lines are by seed, and each rises. */
function sameQuality(joint: readonly number[][], separate: readonly number[][]): SameQuality[] {
  const most = Math.min(...[...joint, ...separate].map((line) => line.length));
  const seeds = [...joint.keys()];
  const level = (lines: readonly number[][], of: readonly number[], evaluations: number) =>
    mean(of.map((seed) => lines[seed]?.[evaluations - 1] as number));
  /** Evaluations of the joint runs of these seeds to the level of the separate ones. */
  const needed = (of: readonly number[], evaluations: number): number => {
    const goal = level(separate, of, evaluations);
    let [low, high] = [1, most + 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (level(joint, of, middle) >= goal) high = middle;
      else low = middle + 1;
    }
    return low > most ? Number.POSITIVE_INFINITY : low;
  };
  return Array.from({ length: STEPS - 1 }, (_, step) => Math.floor((most * (step + 2)) / STEPS)).map((evaluations) => ({
    separate: evaluations,
    fraction_of_optimum: level(separate, seeds, evaluations),
    joint: finite(needed(seeds, evaluations)),
    share: estimate(seeds, (of) => needed(of, evaluations) / evaluations),
  }));
}

function estimate(values: readonly number[], statistic: (sample: number[]) => number): Estimate {
  const [low, high] = bootstrap(values, statistic);
  return { value: finite(statistic([...values])), low: finite(low), high: finite(high) };
}

/** Lines for people. */
export function comparisonLines({ joint, separate, same_quality, ...shares }: Comparison, seeds: number): string[] {
  const interval = ({ value, low, high }: Estimate, digits: number) => {
    const [v, l, h] = [value, low, high].map((each) => each?.toFixed(digits) ?? "-");
    return `${v} [${l}, ${h}]`;
  };
  const cells = (first: string, ...rest: string[]) => first.padEnd(44) + rest.map((cell) => cell.padStart(22)).join("");
  const budgets = Object.keys(Object.values(joint.fraction_of_optimum)[0] ?? {});
  const lines = [cells("fraction of the optimum, by total evaluations", ...budgets)];
  for (const device of Object.keys(joint.fraction_of_optimum)) {
    for (const [name, side] of Object.entries({ joint, separate })) {
      const row = side.fraction_of_optimum[device] ?? {};
      lines.push(cells(`${device}, ${name}`, ...budgets.map((budget) => interval(row[budget] as Estimate, 3))));
    }
  }
  lines.push("", cells("total evaluations until each is within 5 %", "seeds", "median"));
  for (const [name, side] of Object.entries({ joint, separate })) {
    lines.push(cells(name, `${side.within_5_percent} of ${seeds}`, interval(side.median_evaluations_to_5_percent, 0)));
  }
  lines.push("", cells("total evaluations to the same mean quality", "separate", "one run", "share"));
  for (const { separate: evaluations, fraction_of_optimum, joint: needed, share } of same_quality) {
    const quality = `mean fraction ${fraction_of_optimum.toFixed(3)}`;
    lines.push(cells(quality, String(evaluations), String(needed ?? "-"), interval(share, 2)));
  }
  lines.push("");
  const { share_of_evaluations: share, share_of_evaluations_stopped_in_time: stopped } = shares;
  lines.push(`joint / separate, seed by seed, median: ${interval(share, 2)}`);
  lines.push(`the same, each separate run ended as soon as it is within 5 %: ${interval(stopped, 2)}`);
  return lines;
}
