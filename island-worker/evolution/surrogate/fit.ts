/** Hyperparameters by maximum a posteriori, climbed by Rprop (Riedmiller and Braun, 1993): no scale to choose. */
import type { CovarianceShape } from "./covariance.ts";
import { NOISE_PRIOR, negativeLogPosterior } from "./likelihood.ts";
import { finished } from "./steps.ts";

const FIRST_STEP = 0.3;
const STEPS = { least: 0.01, most: 1, grow: 1.3, shrink: 0.5 };
const RANGE = { low: -6, high: 4 };
const NOISE_RANGE = { low: -13, high: -0.5 };

/** The priors' means; noise a little higher, since little is known at the beginning. */
export function priorTheta(shape: CovarianceShape): Float64Array {
  return Float64Array.from([...shape.priors.map(({ mean }) => mean), NOISE_PRIOR.mean + 2]);
}

/** Climbs from `start` for `iterations`; the best point seen. `values` in any unit: they are standardised here. */
export function fitTheta(
  shape: CovarianceShape,
  rows: readonly Uint8Array[],
  values: readonly number[],
  start: Float64Array,
  iterations: number,
): Float64Array {
  return finished(climbing(shape, rows, values, start, iterations));
}

/** The same, one evaluation of the likelihood a step. */
export function* climbing(
  shape: CovarianceShape,
  rows: readonly Uint8Array[],
  values: readonly number[],
  start: Float64Array,
  iterations: number,
): Generator<void, Float64Array> {
  const standardised = standardise(values);
  let theta = start;
  let here = negativeLogPosterior(shape, rows, standardised, theta);
  if (here === null) return start;
  let best = theta;
  let bestValue = here.value;
  const steps = new Float64Array(theta.length).fill(FIRST_STEP);
  for (let iteration = 0; iteration < iterations; iteration++) {
    yield;
    const from: { gradient: Float64Array } = here;
    const next = theta.map((value, slot) => {
      const { low, high } = slot === theta.length - 1 ? NOISE_RANGE : RANGE;
      const moved = value - Math.sign(from.gradient[slot] as number) * (steps[slot] as number);
      return Math.max(low, Math.min(high, moved));
    });
    const there = negativeLogPosterior(shape, rows, standardised, next);
    for (let slot = 0; slot < steps.length; slot++) {
      const same =
        there !== null && Math.sign(there.gradient[slot] as number) === Math.sign(from.gradient[slot] as number);
      const step = (steps[slot] as number) * (same ? STEPS.grow : STEPS.shrink);
      steps[slot] = there === null ? step : Math.max(STEPS.least, Math.min(STEPS.most, step));
    }
    if (there === null) continue;
    theta = next;
    here = there;
    if (there.value < bestValue) {
      best = next;
      bestValue = there.value;
    }
  }
  return best;
}

function standardise(values: readonly number[]): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const deviation = Math.sqrt(variance) || 1;
  return Float64Array.from(values, (value) => (value - mean) / deviation);
}
