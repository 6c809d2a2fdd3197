/**
 * The knowledge of all islands of a run together: every result by niche, and the candidates in flight. A fold over
 * every island's log. Logs may arrive interleaved in any way. With --sync results are kept in canonical order, so that
 * two folds of the same logs are equal; otherwise in the order of their arrival, which costs less: a late one undoes
 * nothing that was computed from those before it.
 */
import { UserError } from "@kevo/core/errors/user-error.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { AskedEntry, EvaluatedEntry, LogEntry } from "@kevo/proto/log.ts";
import { nicheKeyOf } from "@kevo/proto/niche-key.ts";
import type { Objective } from "@kevo/proto/objective.ts";
import type { RunSpec } from "@kevo/proto/run.ts";
import type { Config } from "@kevo/proto/search-space.ts";
import { comparePlaces, type Place } from "./order.ts";
import { type KernelShapes, openSimilarity, type Similarity } from "./similarity.ts";
import { type Coordinates, openCoordinates } from "./surrogate/coordinates.ts";
import { PRIORS, sparsePriors } from "./surrogate/covariance.ts";
import type { Observation } from "./surrogate/observation.ts";
import { openPool } from "./surrogate/pool.ts";
import { openSurrogate, type Surrogate, type SurrogateFactory } from "./surrogate/surrogate.ts";
import { learntValues } from "./surrogate/unknown-scale.ts";

interface Known extends Observation, Place {
  readonly fitness: number | null;
}
interface Underway extends Place {
  readonly genes: Genes;
  readonly key: number | string;
}

export interface NicheKnowledge {
  /** Results in their order, each configuration once. */
  readonly observations: Known[];
  readonly keys: Set<number | string>;
  /** Candidates without a result, by id. */
  readonly underway: Map<string, Underway>;
  /** Keys of configurations that have no result yet. */
  readonly underwayKeys: Set<number | string>;
  /** Genomes with an evolved source, measured or on their way. */
  readonly evolved: Set<string>;
  readonly surrogates: SurrogateFactory;
}

export interface Knowledge {
  readonly space: SearchSpace;
  readonly spec: RunSpec;
  readonly coordinates: Coordinates;
  readonly niches: Map<string, NicheKnowledge>;
  readonly similarity: Similarity;
  /** For each island the number of its next entry. */
  readonly next: number[];
}

/** @param kernel whose workloads say which niches are alike */
export function openKnowledge(space: SearchSpace, spec: RunSpec, kernel?: KernelShapes): Knowledge {
  const coordinates = openCoordinates(space);
  const candidates = openPool(space, coordinates);
  const priors = spec.sparse_priors === true ? sparsePriors(coordinates.list) : PRIORS;
  const niches = new Map<string, NicheKnowledge>();
  for (const { niche } of spec.islands) {
    const key = nicheKeyOf(spec, niche);
    if (niches.has(key)) continue;
    const surrogates = openSurrogate(coordinates, candidates, priors, `${spec.seed}/${key}`);
    niches.set(key, {
      ...{ observations: [], keys: new Set(), underway: new Map(), underwayKeys: new Set(), evolved: new Set() },
      surrogates,
    });
  }
  const similarity = openSimilarity(spec, kernel);
  return { space, spec, coordinates, niches, similarity, next: spec.islands.map(() => 0) };
}

/** An entry that is known already changes nothing. @throws Error when entries before this one are missing. */
export function applyKnowledge(knowledge: Knowledge, entry: LogEntry): void {
  const next = knowledge.next[entry.island];
  if (next === undefined) throw new Error(`the run has no island ${entry.island}`);
  if (entry.n < next) return;
  if (entry.n > next) throw new Error(`island ${entry.island}: entry ${entry.n} arrived, but ${next} is next`);
  knowledge.next[entry.island] = next + 1;
  const niche = nicheOf(knowledge, entry.island);
  if (entry.type === "asked") learnAsked(knowledge, niche, entry);
  if (entry.type === "evaluated") learnEvaluated(knowledge, niche, entry);
}

export function nicheOf(knowledge: Knowledge, island: number): NicheKnowledge {
  const niche = knowledge.spec.islands[island]?.niche;
  const known = niche && knowledge.niches.get(nicheKeyOf(knowledge.spec, niche));
  if (!known) throw new Error(`the run has no island ${island}`);
  return known;
}

/** Whether this configuration was evaluated on this niche, or is on its way. */
export function isTried(niche: NicheKnowledge, key: number | string): boolean {
  return niche.keys.has(key) || niche.underwayKeys.has(key);
}

/** Configurations on their way, in canonical order. */
export function underwayOf(niche: NicheKnowledge): Genes[] {
  return [...niche.underway.values()].toSorted(comparePlaces).map(({ genes }) => genes);
}

/** Predictions for untried configurations from the niche's results; null while there are too few. */
export function surrogateOf(niche: NicheKnowledge): Surrogate | null {
  return niche.surrogates.given(niche.observations);
}

function learnAsked(knowledge: Knowledge, niche: NicheKnowledge, entry: AskedEntry): void {
  for (const { id, config, index, source, genome } of entry.candidates) {
    if (source !== null) niche.evolved.add(genome);
    // A candidate with evolved code is another program: its time says little about other candidates.
    const genes = source === null ? genesOf(knowledge.space, config) : null;
    if (genes === null) continue;
    const place = { batch: entry.k, island: entry.island, index };
    const key = knowledge.space.keyOf(genes);
    niche.underway.set(id, { ...place, genes, key });
    niche.underwayKeys.add(key);
  }
}

function learnEvaluated(knowledge: Knowledge, niche: NicheKnowledge, entry: EvaluatedEntry): void {
  const underway = niche.underway.get(entry.candidate);
  if (underway === undefined) return;
  niche.underway.delete(entry.candidate);
  const { genes, key, batch, island, index } = underway;
  niche.underwayKeys.delete(key);
  const { fitness } = entry;
  const { sync, objective } = knowledge.spec;
  const value = fitness === null || objective?.any_sign ? null : -Math.log(fitness);
  const codes = knowledge.coordinates.codesOf(genes);
  const known: Known = { batch, island, index, genes, key, codes, fitness, value };
  const { observations, keys } = niche;
  if (keys.has(key)) {
    // The same genome twice, the later answered from the earlier: the first in the order counts.
    if (!sync) return;
    const at = observations.findIndex((other) => other.key === key);
    if (comparePlaces(observations[at] as Known, known) <= 0) return;
    observations.splice(at, 1);
  }
  keys.add(key);
  let at = observations.length;
  while (sync && at > 0 && comparePlaces(observations[at - 1] as Known, known) > 0) at--;
  observations.splice(at, 0, known);
  if (objective?.any_sign) learnScale(observations, objective);
}

/** A new result may change what the others mean. One that means the same stays the same object: fits rest on that. */
function learnScale(observations: Known[], objective: Objective): void {
  const fitnesses = observations.map(({ fitness }) => fitness);
  for (const [at, value] of learntValues(fitnesses, objective).entries()) {
    const known = observations[at] as Known;
    if (known.value !== value) observations[at] = { ...known, value };
  }
}

/** Null when the configuration is not in the space, as a language model's may be. */
export function genesOf(space: SearchSpace, config: Config): Genes | null {
  try {
    return space.encode(config);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
