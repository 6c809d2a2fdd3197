/** Where the parts of an island's strip stand: fitness above, diversity below, over the batches. Better is up. */
import type { Objective } from "../../../contract/common.ts";
import type { Island } from "../../../contract/islands.ts";
import { bandPath, linePath, stepPath } from "../../draw/paths.ts";
import { countScale, quantile, type Scale, valueScale } from "../../draw/scale.ts";

export const STRIP = { height: 148, left: 64, right: 12, top: 8, fitness: 84, gap: 10, diversity: 30 };
const BOTTOM = STRIP.top + STRIP.fitness;
const DIVERSITY_TOP = BOTTOM + STRIP.gap;
const DIVERSITY_BOTTOM = DIVERSITY_TOP + STRIP.diversity;

export interface StripScales {
  readonly batch: Scale;
  readonly value: Scale;
  /** The top of the diversity's axis, 0 to 1. */
  readonly diversity: number;
}

/** All islands with the same niche share their scales, so that their strips can be compared. */
export function stripScales(islands: readonly Island[], objective: Objective, width: number): StripScales {
  const values = islands.flatMap(({ strip }) => [...numbers(strip.best), ...numbers(strip.best_so_far)]);
  const medians = islands.flatMap(({ strip }) => numbers(strip.median));
  const minimize = objective.direction === "minimize";
  // A few bad candidates would press all others into a line.
  const poor = quantile(medians, minimize ? 0.9 : 0.1);
  const shown = [...values, ...(Number.isFinite(poor) ? [poor] : [])];
  const last = Math.max(1, ...islands.map(({ batches }) => batches - 1));
  const diverse = Math.max(0.1, ...islands.flatMap(({ strip }) => numbers(strip.diversity)));
  return {
    diversity: Math.min(10, Math.ceil(diverse * 10)) / 10,
    batch: countScale(last, STRIP.left, width - STRIP.right),
    value: valueScale(shown, minimize ? STRIP.top : BOTTOM, minimize ? BOTTOM : STRIP.top, 3),
  };
}

export interface StripLayout {
  readonly band: string;
  readonly median: string;
  readonly best: string;
  readonly diversity: string;
  readonly stagnations: readonly { readonly x: number; readonly width: number }[];
  readonly restarts: readonly number[];
  readonly bottom: number;
  readonly diversityTop: number;
  readonly diversityBottom: number;
}

export function stripLayout({ strip, stagnations, restarts, batches }: Island, scales: StripScales): StripLayout {
  const xs = strip.batch.map(scales.batch.of);
  const y = (value: number | null) =>
    value === null ? null : Math.min(BOTTOM, Math.max(STRIP.top, scales.value.of(value)));
  const end = scales.batch.of(Math.max(1, batches - 1));
  const diversity = strip.diversity.map((share) =>
    share === null ? null : DIVERSITY_BOTTOM - (share / scales.diversity) * STRIP.diversity,
  );
  return {
    band: bandPath(xs, strip.best.map(y), strip.worst.map(y)),
    median: linePath(xs, strip.median.map(y)),
    best: stepPath(xs, strip.best_so_far.map(y), end),
    diversity: bandPath(
      xs,
      diversity,
      diversity.map((one) => (one === null ? null : DIVERSITY_BOTTOM)),
    ),
    stagnations: stagnations.map(({ from, to }) => {
      const x = scales.batch.of(from);
      return { x, width: Math.max(2, scales.batch.of(to ?? Math.max(1, batches - 1)) - x) };
    }),
    restarts: restarts.map(scales.batch.of),
    bottom: BOTTOM,
    diversityTop: DIVERSITY_TOP,
    diversityBottom: DIVERSITY_BOTTOM,
  };
}

/** The row of the strip whose batch is nearest to a place. */
export function rowAt(island: Island, scales: StripScales, x: number): number {
  const { batch } = island.strip;
  let nearest = 0;
  for (const [at, one] of batch.entries()) {
    const distance = Math.abs(scales.batch.of(one) - x);
    if (distance < Math.abs(scales.batch.of(batch[nearest] as number) - x)) nearest = at;
  }
  return nearest;
}

const numbers = (column: readonly (number | null)[]): number[] => column.filter((one) => one !== null);
