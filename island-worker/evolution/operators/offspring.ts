/** The result of an operator: valid genes, and their parents. */
import type { Random } from "@kevo/core/random/random.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Member } from "../population/population.ts";

export interface Offspring {
  readonly genes: Genes;
  /** Candidate ids. */
  readonly parents?: readonly string[];
  /** Evolved source inherited from the first parent. */
  readonly source?: string | null;
}

/** Tries for each offspring wanted; where constraints are tight most children of an operator break one. */
const TRIES = 12;

/** Repeats an operator until `count` valid offspring are there or its tries are used up. */
export function vary(space: SearchSpace, count: number, operator: () => Offspring): Offspring[] {
  const offspring: Offspring[] = [];
  for (let tries = count * TRIES; tries > 0 && offspring.length < count; tries--) {
    const child = operator();
    const genes = space.canonical(child.genes);
    if (space.isValid(genes)) offspring.push({ ...child, genes });
  }
  return offspring;
}

/** Inherited identity: the ids of distinct parents, the first one's source. */
export function heritage(...parents: readonly Member[]): Pick<Offspring, "parents" | "source"> {
  return { parents: [...new Set(parents.map(({ candidate }) => candidate))], source: parents[0]?.source ?? null };
}

/** A member other than the given ones, where the population has one. */
export function another(population: readonly Member[], random: Random, ...not: readonly Member[]): Member {
  const others = population.filter((member) => !not.includes(member));
  return random.choice(others.length > 0 ? others : population);
}
