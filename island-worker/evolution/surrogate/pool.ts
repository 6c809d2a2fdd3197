/**
 * The candidates that the surrogate looks at: all valid configurations where there are few, else those that a
 * look at the predicted mean of many leaves, with the surroundings of the best and some at random.
 */
import { labelledRandom, type Random } from "@kevo/core/random/random.ts";
import type { Genes, SearchSpace } from "@kevo/core/search-space/search-space.ts";
import type { Coordinates } from "./coordinates.ts";

export interface Candidate {
  readonly genes: Genes;
  readonly key: number | string;
  readonly codes: Uint8Array;
}

/** Up to here every valid configuration is a candidate. */
const WHOLE_SPACE = 4_500;
/** Otherwise a listed space of at most this size is used whole, and a larger one is sampled this many times. */
const LISTED = 20_000;
const DRAWN = 6_000;
/** So many more with every variant of the kernel alike: one may have a handful of configurations. */
const DRAWN_OF_VARIANTS = 300;
/** Candidates whose mean is predicted in one step. */
const AT_ONCE = 500;
/** Kept by predicted mean, and at random. */
const KEPT_BY_MEAN = 2_000;
const KEPT_AT_RANDOM = 700;
/** Local search on the predicted mean: how many climb, for how many steps; they begin with the elites. */
const CLIMBERS = 16;
const STEPS = 3;

type Means = (rows: readonly Uint8Array[]) => Float64Array;

export interface CandidatePool {
  /** All candidates, where the space is small enough for that. */
  readonly whole: readonly Candidate[] | null;
  /** About how many steps a screening takes. */
  readonly steps: number;
  /** In steps. `elites` best first; `means` predicts for rows of codes, smaller is better; `label` fixes the draw. */
  screening(elites: readonly Genes[], means: Means, label: string): Generator<void, Candidate[]>;
}

export function openPool(space: SearchSpace, coordinates: Coordinates): CandidatePool {
  const candidateOf = (genes: Genes): Candidate => ({
    genes,
    key: space.keyOf(genes),
    codes: coordinates.codesOf(genes),
  });
  const { enumerated } = space;
  const listed = enumerated !== null && enumerated.length <= LISTED ? enumerated.map(candidateOf) : null;

  const drawn = (random: Random): Candidate[] => {
    const uniform = Array.from({ length: DRAWN }, () => candidateOf(space.sample(random)));
    if (space.conditional.length === 0) return uniform;
    const alike = Array.from({ length: DRAWN_OF_VARIANTS }, () => candidateOf(space.sampleVariants(random)));
    // Each once: copies of a tiny variant would take the places of all others.
    return [...new Map([...uniform, ...alike].map((candidate) => [candidate.key, candidate])).values()];
  };

  /** Candidates around the best ones, and around the best of these, and so on. */
  const climb = (start: readonly Genes[], means: Means, add: (candidate: Candidate) => void) => {
    let climbers = start;
    const met = new Set<number | string>();
    for (let step = 0; step < STEPS && climbers.length > 0; step++) {
      const around: Candidate[] = [];
      for (const genes of climbers.flatMap((climber) => space.neighbours(climber))) {
        const candidate = candidateOf(genes);
        if (met.has(candidate.key)) continue;
        met.add(candidate.key);
        around.push(candidate);
        add(candidate);
      }
      climbers = lowest(around, means(around.map(({ codes }) => codes)), CLIMBERS).map(({ genes }) => genes);
    }
  };

  return {
    whole: listed !== null && listed.length <= WHOLE_SPACE ? listed : null,
    steps: (listed?.length ?? DRAWN) / AT_ONCE,
    screening: function* (elites, means, label) {
      const random = labelledRandom(label);
      const looked = listed ?? drawn(random);
      const pool = new Map<number | string, Candidate>();
      const add = (candidate: Candidate) => pool.set(candidate.key, candidate);
      const predicted = new Float64Array(looked.length);
      for (let from = 0; from < looked.length; from += AT_ONCE) {
        predicted.set(means(looked.slice(from, from + AT_ONCE).map(({ codes }) => codes)), from);
        yield;
      }
      const promising = lowest(looked, predicted, KEPT_BY_MEAN);
      const best = promising.slice(0, CLIMBERS).map(({ genes }) => genes);
      climb([...elites.slice(0, CLIMBERS), ...best], means, add);
      // The results of climbing replace the less promising candidates.
      const room = Math.max(KEPT_BY_MEAN >> 1, KEPT_BY_MEAN - pool.size);
      for (const candidate of promising.slice(0, room)) add(candidate);
      for (let kept = 0; kept < KEPT_AT_RANDOM; kept++) add(random.choice(looked));
      return [...pool.values()];
    },
  };
}

/** Those with the lowest means, lowest first; ties in the order given. */
function lowest(candidates: readonly Candidate[], means: Float64Array, count: number): Candidate[] {
  const order = Array.from(candidates.keys()).sort((a, b) => (means[a] as number) - (means[b] as number) || a - b);
  return order.slice(0, count).map((at) => candidates[at] as Candidate);
}
