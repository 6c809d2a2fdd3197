/**
 * An island's population. Crowding keeps it diverse: a newcomer replaces the member most like it when it is better
 * (Mahfoud, 1995), and takes the worst one's place only when nothing is like it. The best is never lost.
 */

import type { Random } from "@kevo/core/random/random.ts";
import type { Genes } from "@kevo/core/search-space/search-space.ts";

export interface Member {
  readonly candidate: string;
  readonly genome: string;
  readonly genes: Genes;
  readonly source: string | null;
  /** Larger is better. */
  readonly fitness: number;
}

export const POPULATION_SIZE = 24;
/** At most this share of parameters differs between members that crowd each other. */
const CROWDED = 0.25;
const TOURNAMENT = 3;

/** The population with the newcomer, best first; the same one when it is not taken. */
export function admit(population: readonly Member[], newcomer: Member): readonly Member[] {
  if (population.some(({ genome }) => genome === newcomer.genome)) return population;
  if (population.length < POPULATION_SIZE) return inserted(population, newcomer);
  let nearest = population[0] as Member;
  for (const member of population) {
    if (differing(member.genes, newcomer.genes) <= differing(nearest.genes, newcomer.genes)) nearest = member;
  }
  const crowds = differing(nearest.genes, newcomer.genes) <= CROWDED * newcomer.genes.length;
  const rival = crowds ? nearest : (population.at(-1) as Member);
  if (newcomer.fitness <= rival.fitness) return population;
  return inserted(
    population.filter((member) => member !== rival),
    newcomer,
  );
}

/** The best of a few drawn at random. The population must not be empty. */
export function select(population: readonly Member[], random: Random): Member {
  let best = population.length;
  for (let round = 0; round < TOURNAMENT; round++) best = Math.min(best, random.integer(population.length));
  return population[best] as Member;
}

/** Mean share of parameters in which two members differ, 0 to 1. */
export function diversity(population: readonly Member[]): number {
  let sum = 0;
  let pairs = 0;
  for (const [at, member] of population.entries()) {
    for (const other of population.slice(0, at)) {
      sum += differing(member.genes, other.genes) / member.genes.length;
      pairs++;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}

function inserted(population: readonly Member[], newcomer: Member): Member[] {
  const place = population.findIndex(({ fitness }) => fitness < newcomer.fitness);
  return population.toSpliced(place < 0 ? population.length : place, 0, newcomer);
}

function differing(a: Genes, b: Genes): number {
  let count = 0;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) count++;
  return count;
}
