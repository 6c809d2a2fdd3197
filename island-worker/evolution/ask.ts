/**
 * Decides an island's next proposals. Only reads: its randomness is drawn from (seed, island, k), and everything else
 * follows from the logs.
 */

import { islandRandom, type Random } from "@kevo/core/random/random.ts";
import { genomeHash } from "@kevo/core/search-space/genome.ts";
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import type { Proposal } from "@kevo/proto/log.ts";
import type { Elite } from "@kevo/proto/messages/elites.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import { type Arm, drawArm } from "./bandit.ts";
import type { Island } from "./island-state.ts";
import { genesOf, isTried, type Knowledge, nicheOf, surrogateOf, underwayOf } from "./knowledge.ts";
import { nextKnownGood } from "./known-good.ts";
import { crossover } from "./operators/crossover.ts";
import { differentialEvolution } from "./operators/differential-evolution.ts";
import { mutation } from "./operators/mutation.ts";
import type { Offspring } from "./operators/offspring.ts";
import { untriedSamples } from "./operators/random.ts";
import { spaceFilling } from "./operators/seed.ts";
import type { Surrogate } from "./surrogate/surrogate.ts";
import { transferAcrossDevices } from "./transfer-across-devices.ts";
import { transferFromWorkloads } from "./transfer-from-workloads.ts";

/** Space-filling candidates of a niche, all its islands together, before the surrogate proposes. */
const SEEDED = 16;
/** One in this many of a niche's first candidates explores the space; the rest did well on other niches, if any. */
const EXPLORING = 3;
/** Share of later candidates that did well on other niches. */
const BORROWED = 0.15;
/** Offspring of an operator, of which the surrogate picks one. */
const OFFSPRING = 16;
/** Most candidates on their way whose outcome the surrogate anticipates. */
const ANTICIPATED = 64;
/** Expected gain, as a share of the best time, below which the surrogate has little more to say. */
const WORTHWHILE = 1e-3;
/** Share of candidates that operators derive while the surrogate expects a gain, and when it does not. */
const VARIED = 0.04;
const VARIED_AT_THE_END = 0.5;
/** An operator needs parents that differ. */
const MIN_PARENTS = 4;

export interface AskRequest {
  readonly k: number;
  readonly count: number;
  /** Elites offered by other islands; those taken in before are passed over. */
  readonly migrants: readonly Elite[];
  /** From a language model, valid; those tried meanwhile are passed over. */
  readonly suggestions?: readonly Proposal[];
  /** At most this many by the classical operators. */
  readonly classical?: number;
}

/**
 * At most `count` proposals, migrants first, then suggestions; none when the space holds nothing untried for this
 * island.
 */
export function ask(
  island: Island,
  knowledge: Knowledge,
  { k, count, migrants, suggestions = [], classical = count }: AskRequest,
): Proposal[] {
  const random = islandRandom(island.spec.seed, island.index, k, "ask");
  const proposals = takeIn(island, migrants).slice(0, count);
  const batch = openBatch(island, knowledge, random);
  for (const suggestion of suggestions) {
    if (proposals.length >= count) continue;
    const genes = genesOf(island.space, suggestion.config);
    const config = genes === null ? suggestion.config : island.space.decode(genes);
    if (suggestion.source !== null) {
      proposals.push({ ...suggestion, config });
      continue;
    }
    if (genes === null || batch.isTaken(island.space.keyOf(genes))) continue;
    take(batch, genes);
    proposals.push({ ...suggestion, config });
  }
  const { before, after } = peersOf(island);
  const most = Math.min(count, proposals.length + classical);
  const retuned = new Set<string>();
  while (proposals.length < most) {
    const tuned = tuneEvolved(batch, retuned);
    if (tuned !== null) {
      proposals.push(tuned);
      continue;
    }
    leaveToPeers(batch, before);
    const proposal = island.spec.search === "random" ? uniform(batch) : next(batch);
    if (proposal === null) break;
    take(batch, proposal.genes);
    leaveToPeers(batch, after);
    proposals.push({
      config: island.space.decode(proposal.genes),
      source: proposal.source ?? null,
      proposer: proposal.proposer,
      parents: [...(proposal.parents ?? [])],
      reason: null,
    });
  }
  return proposals;
}

interface Batch {
  readonly island: Island;
  readonly knowledge: Knowledge;
  readonly random: Random;
  readonly surrogate: Surrogate | null;
  /** Keys chosen in this batch. */
  readonly chosen: Set<number | string>;
  /** Genes on their way, those of this batch last; a random search, which does not look at them, has only these. */
  readonly underway: Genes[];
  /** Whether it was evaluated, is on its way, or was chosen in this batch. */
  readonly isTaken: (key: number | string) => boolean;
}

type Choice = Offspring & { readonly proposer: Arm | "seed" | "known" | "prior" | "transfer" | "surrogate" };

function openBatch(island: Island, knowledge: Knowledge, random: Random): Batch {
  const niche = nicheOf(knowledge, island.index);
  const isRandom = island.spec.search === "random";
  const surrogate = isRandom ? null : surrogateOf(niche);
  const chosen = new Set<number | string>();
  const isTaken = (key: number | string) => isTried(niche, key) || chosen.has(key);
  return { island, knowledge, random, surrogate, chosen, underway: isRandom ? [] : underwayOf(niche), isTaken };
}

function take({ island, chosen, underway }: Batch, genes: Genes): void {
  chosen.add(island.space.keyOf(genes));
  underway.push(genes);
}

/** Share of classical candidates that tune the parameters of an evolved source, once one is the best. */
const TUNING = 0.8;

/** Another configuration of the best evolved code; null without evolved code, or when the draw decides against it. */
function tuneEvolved({ island, knowledge, random }: Batch, chosen: Set<string>): Proposal | null {
  const { population, space, spec } = island;
  if (spec.evolves_source === undefined || population[0]?.source == null || random.uniform() >= TUNING) return null;
  const { evolved } = nicheOf(knowledge, island.index);
  const best = population.filter(({ source }) => source === population[0]?.source);
  for (const { genes, parents, source = null } of mutation(space, best, random, OFFSPRING, 0)) {
    const config = space.decode(genes);
    const genome = genomeHash({ config, source });
    if (evolved.has(genome) || chosen.has(genome)) continue;
    chosen.add(genome);
    return { config, source, proposer: "retune", parents: [...(parents ?? [])], reason: null };
  }
  return null;
}

/**
 * With --sync the islands of a niche ask at the same time and know the same, so the surrogate would tell all of
 * them the same. Its candidates are dealt out instead: each island leaves the others theirs.
 */
function peersOf({ spec, index }: Island): { before: number; after: number } {
  const keyOf = (island: number) => nicheKeyOf(spec, (spec.islands[island] as RunSpec["islands"][number]).niche);
  const peers = spec.sync ? spec.islands.filter((other) => keyOf(other.index) === keyOf(index)) : [];
  const before = peers.filter((other) => other.index < index).length;
  return { before, after: Math.max(0, peers.length - 1 - before) };
}

function leaveToPeers(batch: Batch, peers: number): void {
  for (let peer = 0; peer < peers; peer++) {
    const theirs = batch.surrogate?.propose(batch.isTaken, batch.underway.slice(-ANTICIPATED));
    if (theirs) take(batch, theirs.genes);
  }
}

/** Whether the island does not know an elite of another; of several that are alike, the first is new. */
export function isNewTo(island: Island): (elite: Elite) => boolean {
  const known = new Set(island.population.map(({ genome }) => genome));
  for (const { genome } of island.pending.values()) known.add(genome);
  return ({ candidate, genome }) => {
    if (known.has(genome) || island.takenIn.has(candidate)) return false;
    known.add(genome);
    return true;
  };
}

/** Other islands' elites become candidates here: measured again if the niche differs, else answered from the log. */
function takeIn(island: Island, migrants: readonly Elite[]): Proposal[] {
  return migrants.filter(isNewTo(island)).map(({ candidate, config, source }) => ({
    ...{ config, source, proposer: "migrant" as const, parents: [candidate], reason: null },
  }));
}

function uniform({ island, random, isTaken }: Batch): Choice | null {
  const [genes] = untriedSamples(island.space, random, 1, isTaken);
  return genes === undefined ? null : { genes, proposer: "random" };
}

function next(batch: Batch): Choice | null {
  const { island, knowledge, random, surrogate, isTaken } = batch;
  const { space } = island;
  const { observations } = nicheOf(knowledge, island.index);
  const begun = observations.length + batch.underway.length;
  const start = isFirstOfNiche(island) ? startsOf(island).find((genes) => !isTaken(space.keyOf(genes))) : undefined;
  if (start !== undefined) return { genes: start, proposer: "seed" };
  const known = nextKnownGood(island.spec, island.index, space, isTaken);
  if (known !== null) return known;
  const isSeeding = surrogate === null || begun < SEEDED;
  if (hasOtherWorkloads(island) && (isSeeding ? begun % EXPLORING > 0 : random.uniform() < BORROWED)) {
    const favourites = transferFromWorkloads(knowledge, island.index, isTaken, OFFSPRING).map(({ genes }) => genes);
    const [first = null] = favourites;
    const genes =
      surrogate === null ? first : bestOf(favourites, surrogate.rank(favourites, batch.underway.slice(-ANTICIPATED)));
    if (genes !== null) return { genes, proposer: "transfer" };
  }
  if (isSeeding) {
    const others = [...observations.map(({ genes }) => genes), ...batch.underway];
    const genes = spaceFilling(space, random, others, isTaken);
    return genes === null ? null : { genes, proposer: "seed" };
  }
  const inFlight = batch.underway.slice(-ANTICIPATED);
  const proposed = surrogate.propose(isTaken, inFlight);
  const isPromising = proposed !== null && proposed.acquisition > WORTHWHILE;
  if (random.uniform() < (isPromising ? VARIED : VARIED_AT_THE_END)) {
    const favourites = transferAcrossDevices(knowledge, island.index, random, isTaken);
    if (favourites.length > 0) {
      const genes = bestOf(favourites, surrogate.rank(favourites, inFlight));
      if (genes !== null) return { genes, proposer: "transfer" };
    }
    const arm = drawArm(island.credit, random);
    const offspring = offspringOf(arm, batch);
    const acquisitions = surrogate.rank(
      offspring.map(({ genes }) => genes),
      inFlight,
    );
    const best = bestOf(offspring, acquisitions);
    if (best !== null) return { ...best, proposer: arm };
  }
  return proposed === null ? uniform(batch) : { genes: proposed.genes, proposer: "surrogate" };
}

/** Islands judged by other workloads. Those that differ by their device share a surrogate instead. */
function hasOtherWorkloads({ spec }: Island): boolean {
  return new Set(spec.islands.map(({ niche }) => niche.workloads?.join() ?? "")).size > 1;
}

/** The default and the baselines: hand-made configurations are candidates, so that a run never ends below them. */
function startsOf({ space, spec }: Island): readonly Genes[] {
  return spec.baselines_start === true ? space.starts : space.starts.slice(0, 1);
}

/** The starts are the kernel's good configurations; each niche tries each of them once. */
function isFirstOfNiche({ spec, index }: Island): boolean {
  const keyOf = ({ niche }: RunSpec["islands"][number]) => nicheKeyOf(spec, niche);
  const own = keyOf(spec.islands[index] as RunSpec["islands"][number]);
  return spec.islands.find((island) => keyOf(island) === own)?.index === index;
}

/** Offspring that were not tried yet, distinct. */
function offspringOf(arm: Arm, { island, random, isTaken }: Batch): Offspring[] {
  const { space, population } = island;
  if (arm === "random" || population.length < MIN_PARENTS) {
    return arm === "random" ? untriedSamples(space, random, OFFSPRING, isTaken).map((genes) => ({ genes })) : [];
  }
  const offspring =
    arm === "crossover"
      ? crossover(space, population, random, OFFSPRING)
      : arm === "mutation"
        ? mutation(space, population, random, OFFSPRING, island.stagnant)
        : differentialEvolution(space, population, random, OFFSPRING);
  const seen = new Set<number | string>();
  return offspring.filter(({ genes }) => {
    const key = space.keyOf(genes);
    if (seen.has(key) || isTaken(key)) return false;
    seen.add(key);
    return true;
  });
}

function bestOf<T>(items: readonly T[], scores: readonly number[]): T | null {
  let best = -1;
  for (let at = 0; at < items.length; at++) {
    if (best < 0 || (scores[at] as number) > (scores[best] as number)) best = at;
  }
  return items[best] ?? null;
}
