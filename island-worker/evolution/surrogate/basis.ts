/**
 * The surrogate's preparation: hyperparameters fitted on a beginning of the list of observations, and their
 * consequences. Beginnings have fixed sizes, each 12 % longer, and a fit is used from a fixed number of observations
 * on. Earlier calls do the work for it in steps, so that none of them takes long; the times of the steps do not change
 * any bit of the result.
 */
import { labelledRandom } from "@kevo/core/random/random.ts";
import type { CovarianceShape } from "./covariance.ts";
import { climbing, priorTheta } from "./fit.ts";
import type { Observation } from "./observation.ts";
import type { Candidate, CandidatePool } from "./pool.ts";
import { openPosterior, type PosteriorBuilder } from "./posterior.ts";
import { finished, type Spread, spread } from "./steps.ts";
import { covarianceOfFailures, fittingValidity, isFallible, openValidity, type ValidityBuilder } from "./validity.ts";

/** Observations at the first fit, and by how much the list grows until the next. */
const FIRST_FIT = 8;
const GROWTH = 1.12;
const FIRST_ITERATIONS = 30;
const ITERATIONS = 10;
/** Most observations that hyperparameters are fitted on. */
const MAX_FITTED = 150;
/** With at most this many observations a fit starts the posterior from all of them, otherwise from this many. */
const MAX_WHOLE = 400;
const TRAINED = 250;
/** Observations of a step, each with all before it: pairs, for which it takes about as long as a step of a fit. */
const PAIRS = 800;
/** Labels of the model of validity in a step. */
const LABELS = 64;
/** The work ends a little before it is due, so that later observations can be included too. */
const HASTE = 1.25;

interface Fit {
  /** Observations that it was made from, the first of the list, and how many. */
  readonly beginning: readonly Observation[];
  readonly size: number;
  readonly theta: Float64Array;
  /** Of the model of validity; null where too little had failed. */
  readonly validity: Float64Array | null;
}

/** The results of a fit, extended until the next one. */
export interface Basis {
  readonly fit: Fit;
  readonly builder: PosteriorBuilder;
  /** Successes that the posterior starts from, and all observations that the model of validity does. */
  readonly base: readonly Observation[];
  readonly tried: readonly Observation[];
  readonly validity: ValidityBuilder;
  readonly pool: readonly Candidate[];
}

export interface BasisFactory {
  /** The basis in use with this many observations; null while there are too few. */
  given(observations: readonly Observation[]): Basis | null;
}

/** `label` fixes the random draws. */
export function openBases(shape: CovarianceShape, candidates: CandidatePool, label: string): BasisFactory {
  const failures = covarianceOfFailures(shape);
  const fits: Fit[] = [];
  let basis: Basis | null = null;
  /** The next one, in the making since the list had `since` observations. */
  let coming: { beginning: readonly Observation[]; since: number; work: Spread<Basis> } | null = null;

  function* fitting(observations: readonly Observation[], latest: Fit | null): Generator<void, Fit> {
    const size = observations.length;
    const iterations = latest === null ? FIRST_ITERATIONS : ITERATIONS;
    const sample = sampleOf(observations.filter(isSuccess), MAX_FITTED, `${label}/fit/${size}`);
    const rows = sample.map(({ codes }) => codes);
    const values = sample.map(({ value }) => value as number);
    const start = latest?.theta ?? priorTheta(shape);
    const theta = sample.length < 3 ? start : yield* climbing(shape, rows, values, start, iterations);
    const all = sampleOf(observations, MAX_FITTED, `${label}/validity/${size}`);
    yield;
    const before = latest?.validity ?? null;
    const validity = isFallible(all) ? yield* fittingValidity(failures, all, before, iterations) : null;
    return { beginning: observations, size, theta, validity };
  }

  function* building(fit: Fit, observations: readonly Observation[]): Generator<void, Basis> {
    const ok = observations.filter(isSuccess);
    const base = trainedOn(ok, `${label}/train/${fit.size}`);
    const builder = openPosterior(shape, fit.theta);
    let pool = candidates.whole;
    if (pool === null) {
      const fitted = sampleOf(ok, MAX_FITTED, `${label}/fit/${fit.size}`);
      const elites = ok.toSorted(byValue).map(({ genes }) => genes);
      const means = (rows: readonly Uint8Array[]) =>
        base.length > 0 ? builder.screen(fitted, rows) : new Float64Array(rows.length);
      pool = yield* candidates.screening(elites, means, `${label}/pool/${fit.size}`);
    }
    builder.setPool(pool.map(({ codes }) => codes));
    yield;
    for (let known = 0; known < base.length; known = builder.known(base)) {
      builder.grow(base, rowsInStep(known));
      yield;
    }
    const tried = trainedOn(observations, `${label}/tried/${fit.size}`);
    const validity = openValidity(failures, fit.validity);
    for (let count = LABELS; isFallible(tried) && count < tried.length; count += LABELS) {
      validity.condition(tried.slice(0, count));
      yield;
    }
    return { fit, builder, base, tried, validity, pool };
  }

  function* preparing(observations: readonly Observation[], latest: Fit | null): Generator<void, Basis> {
    const fit = yield* fitting(observations, latest);
    yield;
    return yield* building(fit, observations);
  }

  return {
    given: (observations) => {
      // A late result that belongs further up undoes what was fitted on a beginning that it changes.
      while (fits.length > 0 && !isBeginning((fits.at(-1) as Fit).beginning, observations)) {
        fits.pop();
        coming = null;
      }
      if (coming !== null && !isBeginning(coming.beginning, observations)) coming = null;
      for (;;) {
        const latest = fits.at(-1) ?? null;
        const size = sizeAfter(latest?.size ?? null);
        if (observations.length < size) break;
        const beginning = observations.slice(0, size);
        const due = size + settling(size);
        if (observations.length >= dueAfter(size)) {
          // The next one is due as well: a log that is folded late.
          coming = null;
          fits.push(finished(fitting(beginning, latest)));
          continue;
        }
        if (coming === null) {
          const screening = candidates.whole === null ? candidates.steps : 0;
          const work = spread(preparing(beginning, latest), expectedSteps(size) + screening);
          coming = { beginning, since: observations.length, work };
        }
        const share = (observations.length - coming.since + 1) / (due - coming.since + 1);
        const next = coming.work.advance(observations.length < due ? share * HASTE : 1);
        if (observations.length < due) {
          // Observations made since can be included before the basis is in use.
          if (next !== null) {
            const given = givenTo(next, observations);
            const missing = given.length - next.builder.known(given);
            next.builder.grow(given, Math.ceil(missing / (due - observations.length)));
            const tried = triedBy(next, observations);
            if (isFallible(tried)) next.validity.condition(tried);
          }
          break;
        }
        basis = next as Basis;
        fits.push(basis.fit);
        coming = null;
      }
      const fit = fits.at(-1) ?? null;
      if (fit !== null && basis?.fit !== fit) basis = finished(building(fit, fit.beginning));
      return fit === null ? null : basis;
    },
  };
}

/** The successes on which the posterior is based. */
export function givenTo({ fit, base }: Basis, observations: readonly Observation[]): Observation[] {
  return [...base, ...observations.slice(fit.size).filter(isSuccess)];
}

/** The evaluations, failed or not, on which the model of validity is based. */
export function triedBy({ fit, tried }: Basis, observations: readonly Observation[]): Observation[] {
  return [...tried, ...observations.slice(fit.size)];
}

function isBeginning(beginning: readonly Observation[], observations: readonly Observation[]): boolean {
  return beginning.every((observation, at) => observations[at] === observation);
}

function isSuccess({ value }: Observation): boolean {
  return value !== null;
}

function sizeAfter(size: number | null): number {
  if (size === null) return FIRST_FIT;
  return Math.ceil(size * GROWTH) + 1;
}

function dueAfter(size: number): number {
  const next = sizeAfter(size);
  return next + settling(next);
}

/**
 * Observations from a fit's beginning until it is used: evaluations that may still arrive out of order, so that it
 * need not be made twice, and calls over which its work is spread.
 */
function settling(size: number): number {
  return Math.max(Math.min(32, size >> 2), Math.floor(0.09 * size));
}

function expectedSteps(size: number): number {
  const rows = size <= MAX_WHOLE ? size : TRAINED;
  return 2 * (size === FIRST_FIT ? FIRST_ITERATIONS : ITERATIONS) + rows ** 2 / (2 * PAIRS) + rows / LABELS + 4;
}

function rowsInStep(known: number): number {
  return Math.ceil(Math.sqrt(known ** 2 + 2 * PAIRS) - known);
}

function trainedOn(observations: readonly Observation[], name: string): Observation[] {
  return observations.length <= MAX_WHOLE ? [...observations] : sampleOf(observations, TRAINED, name);
}

/** The better half of the maximum, and a random draw of the rest; all where there are few. */
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
