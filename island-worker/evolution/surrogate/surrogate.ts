/**
 * The surrogate of one niche: predictions for untried configurations from all its observations. It is a pure function
 * of the ordered list of observations. It keeps between calls only values that a later call would compute again:
 * hyperparameters fitted on a beginning of the list stay valid while that beginning does.
 */
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import { givenTo, openBases, triedBy } from "./basis.ts";
import type { Coordinates } from "./coordinates.ts";
import { openCovariance, type Priors } from "./covariance.ts";
import { expectedImprovement, varianceBehind } from "./expected-improvement.ts";
import type { Observation } from "./observation.ts";
import type { Candidate, CandidatePool } from "./pool.ts";
import type { Point, Posterior } from "./posterior.ts";
import { isFallible, type Validity } from "./validity.ts";

/** Candidates by expected improvement for which validity and evaluations in flight are worked out. */
const SHORTLIST = 256;
/** Power of the chance of being valid: a failure not only misses, it teaches nothing about times. */
const CAUTION = 2;

export interface Surrogate {
  /** The untaken candidate of the pool with the largest acquisition, or null without any. */
  propose(
    isTaken: (key: number | string) => boolean,
    inFlight: readonly Genes[],
  ): { readonly genes: Genes; readonly acquisition: number } | null;
  /** Acquisition of any configurations: expected improvement times the square of the chance of being valid. */
  rank(genes: readonly Genes[], inFlight: readonly Genes[]): number[];
}

export interface SurrogateFactory {
  /** Null while too little is known. */
  given(observations: readonly Observation[]): Surrogate | null;
}

/** Niches of one space share its candidates; `label` fixes the niche's random draws. */
export function openSurrogate(
  coordinates: Coordinates,
  candidates: CandidatePool,
  priors: Priors,
  label: string,
): SurrogateFactory {
  const bases = openBases(openCovariance(coordinates.list, priors), candidates, label);
  return {
    given: (observations) => {
      const basis = bases.given(observations);
      if (basis === null) return null;
      const given = givenTo(basis, observations);
      if (given.length === 0) return null;
      const { builder, validity, pool } = basis;
      const tried = triedBy(basis, observations);
      const chance = isFallible(tried) ? validity.condition(tried) : () => 1;
      return surrogateOf(builder.condition(given), pool, chance, coordinates);
    },
  };
}

function surrogateOf(
  posterior: Posterior,
  pool: readonly Candidate[],
  validity: Validity,
  coordinates: Coordinates,
): Surrogate {
  const { mean, variance, deviation } = posterior;
  const best = posterior.observations.reduce(
    (low, { value }) => Math.min(low, value as number),
    Number.POSITIVE_INFINITY,
  );
  const pointOf = (genes: Genes) => posterior.point(coordinates.codesOf(genes));

  /** Once those in flight are in. */
  function acquisitionBehind(inFlight: readonly Point[]): (point: Point) => number {
    const bar = inFlight.reduce((low, point) => Math.min(low, point.mean), best);
    const left = varianceBehind(posterior, inFlight);
    return (point) =>
      expectedImprovement(point.mean, deviation * Math.sqrt(left(point)), bar) * validity(point.codes) ** CAUTION;
  }

  return {
    rank: (genes, inFlight) => {
      const acquisitionOf = acquisitionBehind(inFlight.map(pointOf));
      return genes.map((each) => acquisitionOf(pointOf(each)));
    },
    propose: (isTaken, inFlight) => {
      const bounds = new Float64Array(pool.length);
      const open: number[] = [];
      for (let index = 0; index < pool.length; index++) {
        if (isTaken((pool[index] as Candidate).key)) continue;
        const spread = deviation * Math.sqrt(Math.max(0, variance[index] as number));
        bounds[index] = expectedImprovement(mean[index] as number, spread, best);
        open.push(index);
      }
      const acquisitionOf = acquisitionBehind(inFlight.map(pointOf));
      let chosen: { genes: Genes; acquisition: number } | null = null;
      for (const index of largest(open, bounds, SHORTLIST)) {
        // Neither evaluations in flight nor the chance of failure can add to the bound.
        if (chosen !== null && (bounds[index] as number) <= chosen.acquisition) break;
        const acquisition = acquisitionOf(posterior.candidate(index));
        const { genes } = pool[index] as Candidate;
        if (chosen === null || acquisition > chosen.acquisition) chosen = { genes, acquisition };
      }
      return chosen;
    },
  };
}

/** The indices with the largest scores, best first; ties by index. */
function largest(indices: number[], scores: Float64Array, count: number): number[] {
  const order = (a: number, b: number) => (scores[b] as number) - (scores[a] as number) || a - b;
  if (indices.length <= count) return indices.sort(order);
  const threshold = Float64Array.from(indices, (index) => scores[index] as number).sort()[
    indices.length - count
  ] as number;
  return indices
    .filter((index) => (scores[index] as number) >= threshold)
    .sort(order)
    .slice(0, count);
}
