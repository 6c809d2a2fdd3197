/** Adaptive mutation: one step in the neighbourhood of a good member, and more of them the longer nothing improves. */
import type { Random } from "@kevo/core/random/random.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import { type Member, select } from "../population/population.ts";
import { heritage, type Offspring, vary } from "./offspring.ts";

/** Results without improvement that add one more step. */
const RESULTS_FOR_ANOTHER_STEP = 15;
/** Chance that an ordered gene goes to a neighbouring value rather than to any. */
const NEARBY = 0.6;

/** `stagnant` counts results since the island's best improved. */
export function mutation(
  space: SearchSpace,
  population: readonly Member[],
  random: Random,
  count: number,
  stagnant: number,
): Offspring[] {
  const strength = Math.min(
    1 + Math.floor(stagnant / RESULTS_FOR_ANOTHER_STEP),
    Math.ceil(space.parameters.length / 2),
  );
  return vary(space, count, () => {
    const parent = select(population, random);
    let genes: Genes = parent.genes;
    for (let steps = 1 + random.integer(strength); steps > 0; steps--) genes = mutated(space, genes, random);
    return { genes, ...heritage(parent) };
  });
}

function mutated(space: SearchSpace, genes: Genes, random: Random): Genes {
  const variable = space.parameters.flatMap(({ values }, at) => (values.length > 1 ? [at] : []));
  if (variable.length === 0) return genes;
  const at = random.choice(variable);
  const { values, ordered } = space.parameters[at] as { values: readonly unknown[]; ordered: boolean };
  const gene = genes[at] as number;
  if (ordered && random.uniform() < NEARBY) {
    const step = gene + (random.uniform() < 0.5 ? -1 : 1);
    return genes.with(at, Math.max(0, Math.min(values.length - 1, step)));
  }
  return genes.with(at, (gene + 1 + random.integer(values.length - 1)) % values.length);
}
