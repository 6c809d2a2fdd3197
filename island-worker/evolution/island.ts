/**
 * An island: the fold of its numbered log. Its state changes only by applying entries; `ask` (in ask.ts) reads it.
 */
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Candidate, EvaluatedEntry, LogEntry, OpenedEntry } from "@kevo/proto/log.ts";
import type { Elite } from "@kevo/proto/messages/elites.ts";
import { credited, isArm, openCredit } from "./bandit.ts";
import type { Island } from "./island-state.ts";
import { genesOf } from "./knowledge.ts";
import { admit, diversity } from "./population/population.ts";

export { ask } from "./ask.ts";
export type { Island } from "./island-state.ts";

/** Own results without a better one, after which the population is cut to its elites and filled afresh. */
export const STAGNATION = 60;
export const SURVIVORS = 4;
/** A candidate earns its proposer a reward when it is among this share of the population. */
const REWARDED = 0.25;

export function openIsland(space: SearchSpace, opened: OpenedEntry): Island {
  return {
    run: opened.run,
    index: opened.island,
    spec: opened.spec,
    space,
    next: opened.n + 1,
    batches: 0,
    population: [],
    credit: openCredit(),
    stagnant: 0,
    pending: new Map(),
    takenIn: new Set(),
  };
}

/** An entry that is known already changes nothing. @throws Error on a gap, or an entry of another island or run. */
export function applyEntry(island: Island, entry: LogEntry): void {
  if (entry.run !== island.run || entry.island !== island.index) {
    throw new Error(`an entry of island ${entry.run}/${entry.island} was applied to ${island.run}/${island.index}`);
  }
  if (entry.n < island.next) return;
  if (entry.n > island.next)
    throw new Error(`island ${island.index}: entry ${entry.n} arrived, but ${island.next} is next`);
  island.next = entry.n + 1;
  switch (entry.type) {
    case "opened":
      throw new Error(`island ${island.index} was opened twice`);
    case "asked":
      island.batches = entry.k + 1;
      for (const candidate of entry.candidates) {
        island.pending.set(candidate.id, candidate);
        if (candidate.proposer === "migrant") for (const origin of candidate.parents) island.takenIn.add(origin);
      }
      return;
    case "evaluated": {
      const candidate = island.pending.get(entry.candidate);
      if (candidate === undefined)
        throw new Error(`island ${island.index}: a result for the unknown candidate ${entry.candidate}`);
      island.pending.delete(entry.candidate);
      applyResult(island, candidate, entry);
    }
  }
}

/** Distinct, best first, at most `count`. */
export function elitesOf(island: Island, count: number): Elite[] {
  return island.population.slice(0, count).map(({ candidate, genes, source, genome, fitness }) => ({
    candidate,
    config: island.space.decode(genes),
    source,
    genome,
    fitness,
  }));
}

/** Mean share of parameters in which two members differ: 0 all alike, 1 nothing in common. */
export function diversityOf(island: Island): number {
  return diversity(island.population);
}

function applyResult(island: Island, candidate: Candidate, entry: EvaluatedEntry): void {
  const genes = genesOf(island.space, candidate.config);
  const best = bestFitness(island);
  const reward = entry.fitness === null || genes === null ? 0 : enter(island, candidate, genes, entry.fitness);
  if (isArm(candidate.proposer)) island.credit = credited(island.credit, candidate.proposer, reward);
  island.stagnant = bestFitness(island) > best ? 0 : island.stagnant + 1;
  if (island.stagnant >= STAGNATION) {
    island.population = island.population.slice(0, SURVIVORS);
    island.credit = openCredit();
    island.stagnant = 0;
  }
}

/** Of an empty population: less than any, as values of a user's function may be negative. */
function bestFitness({ population }: Island): number {
  return population[0]?.fitness ?? Number.NEGATIVE_INFINITY;
}

/** Its reward: 1 for the best of all, falling to 0 at the edge of the rewarded share. */
function enter(island: Island, candidate: Candidate, genes: Genes, fitness: number): number {
  const { id, genome, source } = candidate;
  island.population = admit(island.population, { candidate: id, genome, genes, source, fitness });
  const better = island.population.filter((member) => member.fitness > fitness).length;
  return Math.max(0, 1 - better / (REWARDED * Math.max(4, island.population.length)));
}
