/** Space-filling starts: of a few samples the one farthest from everything tried, and in flight. */
import type { Random } from "@kevo/core/random/random.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { untriedSamples } from "./random.ts";

const SAMPLES = 10;

/** Null when nothing is left to try. */
export function spaceFilling(
  space: SearchSpace,
  random: Random,
  others: readonly Genes[],
  isTaken: (key: number | string) => boolean,
): Genes | null {
  let best: Genes | null = null;
  let farthest = Number.NEGATIVE_INFINITY;
  for (const genes of untriedSamples(space, random, SAMPLES, isTaken, space.sampleVariants)) {
    let nearest = Number.POSITIVE_INFINITY;
    for (const other of others) nearest = Math.min(nearest, distance(space, genes, other));
    if (nearest > farthest) {
      best = genes;
      farthest = nearest;
    }
  }
  return best;
}

/** Sum over parameters: ordered ones by the share of their range, others by whether they differ. */
function distance(space: SearchSpace, a: Genes, b: Genes): number {
  let sum = 0;
  for (const [at, { ordered, values }] of space.parameters.entries()) {
    const [x, y] = [a[at] as number, b[at] as number];
    if (x !== y) sum += ordered ? Math.abs(x - y) / (values.length - 1) : 1;
  }
  return sum;
}
