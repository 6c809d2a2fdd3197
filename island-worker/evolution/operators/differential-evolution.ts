/**
 * Differential evolution on value indices (Storn and Price, 1997: rand/1/bin): a base plus the weighted difference
 * of two others, crossed with a target. A gene without order has no difference: it is the base's, or one of the
 * others' where these two disagree.
 */
import type { Random } from "@kevo/core/random/random.ts";
import type { SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { type Member, select } from "../population/population.ts";
import { another, heritage, type Offspring, vary } from "./offspring.ts";

const WEIGHT = 0.7;
const CROSSOVER = 0.6;

export function differentialEvolution(
  space: SearchSpace,
  population: readonly Member[],
  random: Random,
  count: number,
): Offspring[] {
  return vary(space, count, () => {
    const target = select(population, random);
    const base = another(population, random, target);
    const plus = another(population, random, target, base);
    const minus = another(population, random, target, base, plus);
    const always = random.integer(target.genes.length);
    const genes = space.parameters.map(({ values, ordered }, at) => {
      if (at !== always && random.uniform() >= CROSSOVER) return target.genes[at] as number;
      const [from, a, b] = [base.genes[at], plus.genes[at], minus.genes[at]] as [number, number, number];
      if (!ordered) return a !== b && random.uniform() < WEIGHT ? a : from;
      const moved = Math.round(from + WEIGHT * (a - b));
      return Math.max(0, Math.min(values.length - 1, moved));
    });
    return { genes, ...heritage(target, base, plus, minus) };
  });
}
