/**
 * The candidates that the surrogate looks at: all valid configurations where there are few, else those that a
 * look at the predicted mean of many leaves, with the surroundings of the best and some at random.
 */
import { labelledRandom } from "@kevo/core/random/random.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Coordinates } from "./coordinates.ts";

export interface Candidate {
  readonly genes: Genes;
  readonly key: number | string;
  readonly codes: Uint8Array;
}

/** Up to here every valid configuration is a candidate. */
const WHOLE_SPACE = 4_500;
/** Otherwise: looked at, kept by predicted mean, kept at random, and elites whose surroundings are kept. */
const LOOKED_AT = 20_000;
const KEPT_BY_MEAN = 2_000;
const KEPT_AT_RANDOM = 1_000;
const SURROUNDED = 12;

export function wholePool(space: SearchSpace, coordinates: Coordinates): Candidate[] | null {
  if (space.enumerated === null || space.enumerated.length > WHOLE_SPACE) return null;
  return space.enumerated.map((genes) => candidateOf(genes, space, coordinates));
}

/** `elites` best first; `mean` predicts, smaller is better; `label` fixes the draw. */
export function screenedPool(
  space: SearchSpace,
  coordinates: Coordinates,
  elites: readonly Genes[],
  mean: (codes: Uint8Array) => number,
  label: string,
): Candidate[] {
  const random = labelledRandom(label);
  const pool = new Map<number | string, Candidate>();
  const add = (candidate: Candidate) => pool.set(candidate.key, candidate);
  const looked: Candidate[] = [];
  const listed = space.enumerated;
  if (listed !== null && listed.length <= LOOKED_AT) {
    for (const genes of listed) looked.push(candidateOf(genes, space, coordinates));
    random.shuffle(looked);
  } else {
    for (let at = 0; at < LOOKED_AT; at++) looked.push(candidateOf(space.sample(random), space, coordinates));
  }
  for (const elite of elites.slice(0, SURROUNDED)) {
    for (const genes of space.neighbours(elite)) add(candidateOf(genes, space, coordinates));
  }
  for (const candidate of looked.slice(0, KEPT_AT_RANDOM)) add(candidate);
  const ranked = looked.map((candidate) => ({ candidate, mean: mean(candidate.codes) }));
  ranked.sort((a, b) => a.mean - b.mean);
  for (const { candidate } of ranked.slice(0, KEPT_BY_MEAN)) add(candidate);
  return [...pool.values()];
}

function candidateOf(genes: Genes, space: SearchSpace, coordinates: Coordinates): Candidate {
  return { genes, key: space.keyOf(genes), codes: coordinates.codesOf(genes) };
}
