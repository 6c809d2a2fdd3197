/**
 * The model of validity: the chance that a configuration compiles, runs and is correct. A second Gaussian process
 * with separate hyperparameters, on the result of each evaluation (0 a success, 1 a failure), since a failure
 * depends on other parameters than the time does. Least-squares classification: cheap, and good enough to steer.
 */

import { type CovarianceShape, covarianceOf, openCovariance, PRIORS } from "./covariance.ts";
import { backSubstitute, explain, type Factor, giveFactor, openFactor } from "./factor.ts";
import { climbing, priorTheta } from "./fit.ts";
import type { Observation } from "./observation.ts";

/** Chance in (0, 1] of an `ok` for a row of codes. */
export type Validity = (codes: Uint8Array) => number;

/** Below, one failure would say more about everything than it can know. */
const MIN_FAILURES = 2;
/** Nothing is ruled out for good. */
const MIN_CHANCE = 0.02;
/** Whether something fails hangs on few parameters, more often than its time does. */
const FAILURE_PRIORS = {
  ...PRIORS,
  difference: { mean: -3, deviation: 1.5 },
  relevance: { mean: 0, deviation: 1.5 },
  unordered: { mean: -2.5, deviation: 1.5 },
};

const labels = new WeakMap<Observation, Observation>();

/** The observation with its outcome as value: 0 a success, 1 a failure. The same object for the same observation. */
function labelled(observation: Observation): Observation {
  let label = labels.get(observation);
  if (label === undefined) {
    label = { ...observation, value: observation.value === null ? 1 : 0 };
    labels.set(observation, label);
  }
  return label;
}

/** Whether enough failed, and enough succeeded, for a prediction. */
export function isFallible(observations: readonly Observation[]): boolean {
  const failures = observations.filter(({ value }) => value === null).length;
  return failures >= MIN_FAILURES && failures < observations.length;
}

/** The covariance of failures, for the coordinates of the covariance of times. */
export function covarianceOfFailures({ coordinates }: CovarianceShape): CovarianceShape {
  return openCovariance(coordinates, FAILURE_PRIORS);
}

/** @param shape of `covarianceOfFailures`, as below */
export function fittingValidity(
  shape: CovarianceShape,
  observations: readonly Observation[],
  start: Float64Array | null,
  iterations: number,
): Generator<void, Float64Array> {
  return climbing(
    shape,
    observations.map(({ codes }) => codes),
    observations.map((observation) => labelled(observation).value as number),
    start ?? priorTheta(shape),
    iterations,
  );
}

export interface ValidityBuilder {
  /** Given exactly these observations, which are fallible; good until the next call. */
  condition(observations: readonly Observation[]): Validity;
}

/** @param theta null while nothing was fitted: the priors' means */
export function openValidity(shape: CovarianceShape, theta: Float64Array | null): ValidityBuilder {
  const factor: Factor = openFactor(shape, theta ?? priorTheta(shape));
  return {
    condition: (observations) => {
      giveFactor(factor, observations.map(labelled));
      const { given } = factor;
      const { mean, residual } = explain(factor);
      const weights = backSubstitute(factor, residual);
      return (codes) => {
        let failure = mean;
        for (let i = 0; i < given.length; i++) {
          const near = covarianceOf(shape, factor.tables, (given[i] as Observation).codes, codes);
          failure += (weights[i] as number) * near;
        }
        return Math.max(MIN_CHANCE, Math.min(1, 1 - failure));
      };
    },
  };
}
