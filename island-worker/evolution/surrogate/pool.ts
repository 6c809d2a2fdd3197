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

export interface PoolSource {
  /** All candidates, where the space is small enough for that. */
  readonly whole: readonly Candidate[] | null;
  /** `elites` best first; `means` predicts for rows of codes, smaller is better; `label` fixes the draw. */
  screened(elites: readonly Genes[], means: (rows: readonly Uint8Array[]) => Float64Array, label: string): Candidate[];
}

export function openPool(space: SearchSpace, coordinates: Coordinates): PoolSource {
  const candidateOf = (genes: Genes): Candidate => ({
    genes,
    key: space.keyOf(genes),
    codes: coordinates.codesOf(genes),
  });
  const { enumerated } = space;
  const listed = enumerated !== null && enumerated.length <= LOOKED_AT ? enumerated.map(candidateOf) : null;
  return {
    whole: listed !== null && listed.length <= WHOLE_SPACE ? listed : null,
    screened: (elites, means, label) => {
      const random = labelledRandom(label);
      const looked = listed ?? Array.from({ length: LOOKED_AT }, () => candidateOf(space.sample(random)));
      const pool = new Map<number | string, Candidate>();
      const add = (candidate: Candidate) => pool.set(candidate.key, candidate);
      for (const elite of elites.slice(0, SURROUNDED)) {
        for (const genes of space.neighbours(elite)) add(candidateOf(genes));
      }
      for (let kept = 0; kept < KEPT_AT_RANDOM; kept++) add(random.choice(looked));
      const predicted = means(looked.map(({ codes }) => codes));
      const least = predicted.toSorted()[Math.min(KEPT_BY_MEAN, looked.length) - 1] as number;
      for (const [at, candidate] of looked.entries()) if ((predicted[at] as number) <= least) add(candidate);
      return [...pool.values()];
    },
  };
}
