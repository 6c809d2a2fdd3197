/**
 * How well hyperparameters explain observations: the negative logarithm of the Gaussian process's marginal
 * likelihood times the priors (Rasmussen and Williams, 2006, chapter 5), with its gradient. The constant mean is
 * profiled out and so is the amplitude, under an inverse-gamma prior that keeps it near the data's variance.
 */
import { factorise, inverseTransposed, solveLower, solveUpper } from "./cholesky.ts";
import type { Coordinate } from "./coordinates.ts";
import { type CovarianceShape, tablesOf } from "./covariance.ts";

/** Observations as if seen before, for the amplitude's prior. */
export const AMPLITUDE_WEIGHT = 2;
/** Logarithm of the noise variance, as a share of the amplitude. Times of a kernel repeat to within a per cent. */
export const NOISE_PRIOR = { mean: -8, deviation: 2 };

/** `theta` is one value a slot of the covariance and, last, the logarithm of the noise. `values` have mean 0, variance 1. */
export function negativeLogPosterior(
  shape: CovarianceShape,
  rows: readonly Uint8Array[],
  values: Float64Array,
  theta: Float64Array,
): { value: number; gradient: Float64Array } | null {
  const n = rows.length;
  const slots = shape.slots.length;
  const noise = Math.exp(theta[slots] as number);
  const { tables, slopes } = tablesOf(shape, theta);
  const covariance = new Float64Array(n * n);
  for (let a = 0; a < n; a++) covariance[a * n + a] = 1;
  for (let at = 0; at < tables.length; at++) {
    const table = tables[at] as Float64Array;
    const levels = (shape.coordinates[at] as Coordinate).levels;
    for (let a = 0; a < n; a++) {
      const base = ((rows[a] as Uint8Array)[at] as number) * levels;
      for (let b = 0; b < a; b++) {
        const entry = table[base + ((rows[b] as Uint8Array)[at] as number)] as number;
        covariance[a * n + b] = at === 0 ? entry : (covariance[a * n + b] as number) * entry;
      }
    }
  }
  const lower = Float64Array.from(covariance);
  for (let a = 0; a < n; a++) lower[a * n + a] = 1 + noise;
  if (!factorise(lower, n)) return null;

  const whitened = solveLower(lower, n, values);
  const ones = solveLower(lower, n, new Float64Array(n).fill(1));
  const mean = dot(ones, whitened) / dot(ones, ones);
  const residual = whitened.map((value, at) => value - mean * (ones[at] as number));
  const amplitude = (dot(residual, residual) + AMPLITUDE_WEIGHT) / (n + AMPLITUDE_WEIGHT);
  let value = 0.5 * (n + AMPLITUDE_WEIGHT) * Math.log(amplitude);
  for (let a = 0; a < n; a++) value += Math.log(lower[a * n + a] as number);

  const gradient = new Float64Array(slots + 1);
  for (let slot = 0; slot <= slots; slot++) {
    const { mean: centre, deviation } = shape.priors[slot] ?? NOISE_PRIOR;
    const distance = ((theta[slot] as number) - centre) / deviation;
    value += 0.5 * distance * distance;
    gradient[slot] = distance / deviation;
  }
  const weights = solveUpper(lower, n, residual);
  const inverse = inverseTransposed(lower, n);
  // The derivative needs, for each pair of levels, the sum over pairs of observations that have them.
  const sums = shape.coordinates.map(({ levels }) => new Float64Array(levels * levels));
  for (let a = 0; a < n; a++) {
    for (let b = 0; b <= a; b++) {
      let precision = 0;
      for (let k = a; k < n; k++) precision += (inverse[a * n + k] as number) * (inverse[b * n + k] as number);
      const pull = precision - ((weights[a] as number) * (weights[b] as number)) / amplitude;
      if (a === b) {
        gradient[slots] = (gradient[slots] as number) + 0.5 * pull * noise;
        continue;
      }
      const share = pull * (covariance[a * n + b] as number);
      for (let at = 0; at < sums.length; at++) {
        const levels = (shape.coordinates[at] as Coordinate).levels;
        const entry = ((rows[a] as Uint8Array)[at] as number) * levels + ((rows[b] as Uint8Array)[at] as number);
        (sums[at] as Float64Array)[entry] = ((sums[at] as Float64Array)[entry] as number) + share;
      }
    }
  }
  for (const [slot, { coordinate }] of shape.slots.entries()) {
    gradient[slot] = (gradient[slot] as number) + dot(sums[coordinate] as Float64Array, slopes[slot] as Float64Array);
  }
  return { value, gradient };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return sum;
}
