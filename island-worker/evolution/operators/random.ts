/** Uniform samples of what was not tried yet. */
import type { Random } from "@kevo/core/random/random.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";

/** Draws before the rest of a listed space is searched through, or a large one counts as exhausted. */
const DRAWS = 200;

/** `sample` draws; its default draws uniformly. Up to `count` distinct valid genes that are not taken; fewer only when (almost) nothing is left. */
export function untriedSamples(
  space: SearchSpace,
  random: Random,
  count: number,
  isTaken: (key: number | string) => boolean,
  sample = space.sample,
): Genes[] {
  const found = new Map<number | string, Genes>();
  for (let draws = DRAWS + count; draws > 0 && found.size < count; draws--) {
    const genes = sample(random);
    const key = space.keyOf(genes);
    if (!isTaken(key)) found.set(key, genes);
  }
  if (found.size < count && space.enumerated !== null) {
    const left = space.enumerated.filter((genes) => !isTaken(space.keyOf(genes)) && !found.has(space.keyOf(genes)));
    for (const genes of random.shuffle(left).slice(0, count - found.size)) found.set(space.keyOf(genes), genes);
  }
  return [...found.values()];
}
