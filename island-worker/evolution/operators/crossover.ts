/** Crossover: uniform, each gene from either parent, or single-point, a beginning of one and the end of the other. */
import type { Random } from "@kevo/core/random/random.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { type Member, select } from "../population/population.ts";
import { another, heritage, type Offspring, vary } from "./offspring.ts";

export function crossover(
  space: SearchSpace,
  population: readonly Member[],
  random: Random,
  count: number,
): Offspring[] {
  return vary(space, count, () => {
    const first = select(population, random);
    const second = another(population, random, first);
    const isUniform = random.uniform() < 0.5;
    const cut = 1 + random.integer(Math.max(1, first.genes.length - 1));
    const genes = first.genes.map((gene, at) => {
      const fromFirst = isUniform ? random.uniform() < 0.5 : at < cut;
      return fromFirst ? gene : (second.genes[at] as number);
    });
    return { genes, ...heritage(first, second) };
  });
}
