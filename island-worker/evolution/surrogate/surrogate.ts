/**
 * The surrogate of one niche: what its observations, taken together, say about configurations not yet tried. It is
 * a pure function of the list of observations in its order. What is kept between calls is only what a later
 * call would compute again: hyperparameters fitted on a beginning of the list stay valid while that beginning does.
 */
import { labelledRandom } from "@kevo/core/random/random.ts";
import type { Genes } from "@kevo/core/search-space/search-space.ts";
import type { Coordinates } from "./coordinates.ts";
import { expectedImprovement, varianceBehind } from "./expected-improvement.ts";
import { fitTheta, priorTheta } from "./fit.ts";
import { openKernel } from "./kernel.ts";
import type { Observation } from "./observation.ts";
import type { Candidate, PoolSource } from "./pool.ts";
import { openPosterior, type Point, type Posterior, type PosteriorBuilder } from "./posterior.ts";
import { fitValidity, isFallible, openValidity, type Validity, type ValidityBuilder } from "./validity.ts";

/** Observations at the first fit, and by how much the list grows until the next. */
const FIRST_FIT = 8;
const GROWTH = 1.12;
const FIRST_ITERATIONS = 30;
const ITERATIONS = 10;
/** Most observations that hyperparameters are fitted on, and that the posterior starts from at a fit. */
const MOST_FITTED = 150;
const MOST_TRAINED = 400;
/** Candidates by expected improvement for which validity and evaluations in flight are worked out. */
const SHORTLIST = 256;

export interface Surrogate {
  /** The untaken candidate of the pool with the largest acquisition, or null when there is none. */
  propose(
    isTaken: (key: number | string) => boolean,
    inFlight: readonly Genes[],
  ): { readonly genes: Genes; readonly acquisition: number } | null;
  /** Acquisition of any configurations: expected improvement times the chance of being valid. */
  rank(genes: readonly Genes[], inFlight: readonly Genes[]): number[];
}

interface Fit {
  /** Observations that it was made from: the first `size`, the last of which is `last`. */
  readonly size: number;
  readonly last: Observation;
  readonly theta: Float64Array;
  /** Of the model of validity; null while nothing fails. */
  readonly validity: Float64Array | null;
}

/** What follows from a fit and is added to until the next. */
interface Basis {
  readonly fit: Fit;
  readonly builder: PosteriorBuilder;
  /** Successes that the posterior starts from, and all observations that the model of validity does. */
  readonly base: readonly Observation[];
  readonly tried: readonly Observation[];
  readonly validity: ValidityBuilder | null;
  readonly pool: readonly Candidate[];
}

export interface SurrogateSource {
  /** Null while too little is known. */
  given(observations: readonly Observation[]): Surrogate | null;
}

/** Niches of one space share its candidates; `label` fixes the niche's random draws. */
export function openSurrogate(coordinates: Coordinates, candidates: PoolSource, label: string): SurrogateSource {
  const shape = openKernel(coordinates.list);
  const fits: Fit[] = [];
  let basis: Basis | null = null;

  function fitsFor(observations: readonly Observation[]): Fit | null {
    while (fits.length > 0) {
      const latest = fits.at(-1) as Fit;
      if (observations[latest.size - 1] === latest.last) break;
      fits.pop();
    }
    for (;;) {
      const latest = fits.at(-1);
      const size = latest === undefined ? FIRST_FIT : Math.ceil(latest.size * GROWTH) + 1;
      if (observations.length < size + settling(size)) return latest ?? null;
      const ok = observations.slice(0, size).filter(({ value }) => value !== null);
      const sample = sampleOf(ok, MOST_FITTED, `${label}/fit/${size}`);
      const start = latest?.theta ?? priorTheta(shape);
      const iterations = latest === undefined ? FIRST_ITERATIONS : ITERATIONS;
      const theta =
        sample.length < 3
          ? start
          : fitTheta(
              shape,
              sample.map(({ codes }) => codes),
              sample.map(({ value }) => value as number),
              start,
              iterations,
            );
      const all = sampleOf(observations.slice(0, size), MOST_FITTED, `${label}/validity/${size}`);
      const validity = isFallible(all) ? fitValidity(shape, all, latest?.validity ?? null, iterations) : null;
      fits.push({ size, last: observations[size - 1] as Observation, theta, validity });
    }
  }

  function basisFor(fit: Fit, observations: readonly Observation[]) {
    if (basis?.fit === fit) return basis;
    const ok = observations.slice(0, fit.size).filter(({ value }) => value !== null);
    const base = sampleOf(ok, MOST_TRAINED, `${label}/train/${fit.size}`);
    const builder = openPosterior(shape, fit.theta);
    let pool = candidates.whole;
    if (pool === null) {
      const fitted = sampleOf(ok, MOST_FITTED, `${label}/fit/${fit.size}`);
      const elites = ok.toSorted(byValue).map(({ genes }) => genes);
      const means = (rows: readonly Uint8Array[]) =>
        base.length > 0 ? builder.screen(fitted, rows) : new Float64Array(rows.length);
      pool = candidates.screened(elites, means, `${label}/pool/${fit.size}`);
    }
    builder.setPool(pool.map(({ codes }) => codes));
    const tried = sampleOf(observations.slice(0, fit.size), MOST_TRAINED, `${label}/tried/${fit.size}`);
    const validity = fit.validity === null ? null : openValidity(shape, fit.validity);
    basis = { fit, builder, base, tried, validity, pool };
    return basis;
  }

  return {
    given: (observations) => {
      const fit = fitsFor(observations);
      if (fit === null) return null;
      const { builder, base, tried, validity, pool } = basisFor(fit, observations);
      const later = observations.slice(fit.size);
      const given = [...base, ...later.filter(({ value }) => value !== null)];
      if (given.length === 0) return null;
      const chance = validity?.condition([...tried, ...later]) ?? (() => 1);
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

  /** Expected improvement times the chance of being valid, once those in flight are in. */
  function acquisitionBehind(inFlight: readonly Point[]): (point: Point) => number {
    const bar = inFlight.reduce((low, point) => Math.min(low, point.mean), best);
    const left = varianceBehind(posterior, inFlight);
    return (point) => expectedImprovement(point.mean, deviation * Math.sqrt(left(point)), bar) * validity(point.codes);
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

/** Evaluations that may still arrive out of order: a fit waits for them, so that it need not be made twice. */
function settling(size: number): number {
  return Math.min(32, size >> 2);
}

/** The better half of the most that is kept, and a random draw of the others; all where there are few. */
function sampleOf(observations: readonly Observation[], most: number, label: string): Observation[] {
  if (observations.length <= most) return [...observations];
  const ranked = observations.toSorted(byValue);
  const rest = labelledRandom(label).shuffle(ranked.slice(most >> 1));
  const kept = new Set([...ranked.slice(0, most >> 1), ...rest.slice(0, most - (most >> 1))]);
  return observations.filter((observation) => kept.has(observation));
}

function byValue(a: Observation, b: Observation): number {
  return (a.value ?? Number.MAX_VALUE) - (b.value ?? Number.MAX_VALUE);
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
