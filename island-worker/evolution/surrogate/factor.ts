/**
 * Observations seen through the Cholesky factor of their covariance, which grows by one row for each. The contribution
 * of a row does not depend on later rows, so equal lists give equal bits, in whichever steps they grew.
 */
import { type CovarianceShape, type CovarianceTables, covarianceOf, tablesOf } from "./covariance.ts";
import { AMPLITUDE_WEIGHT } from "./likelihood.ts";
import type { Observation } from "./observation.ts";

export interface Factor {
  readonly shape: CovarianceShape;
  readonly tables: CovarianceTables;
  /** Variance of the noise as a share of the amplitude. */
  readonly noise: number;
  readonly given: Observation[];
  /** Row i of the lower triangle L: i + 1 entries. */
  readonly rows: Float64Array[];
  /** L^-1 applied to the observations' values, and to ones. */
  readonly values: number[];
  readonly ones: number[];
}

export interface Explanation {
  /** Of the process; the unit of the values. */
  readonly mean: number;
  /** L^-1 (values - mean). */
  readonly residual: Float64Array;
  /** Standard deviation of the process before any observation. */
  readonly deviation: number;
}

const MIN_PIVOT = 1e-10;

export function openFactor(shape: CovarianceShape, theta: Float64Array): Factor {
  const noise = Math.exp(theta[shape.slots.length] as number);
  return { shape, tables: tablesOf(shape, theta).tables, noise, given: [], rows: [], values: [], ones: [] };
}

/**
 * Makes the factor that of exactly these observations, which all have a value. @returns how many of its rows, from
 * the beginning, it could keep.
 */
export function giveFactor(factor: Factor, observations: readonly Observation[]): number {
  const { given } = factor;
  let same = 0;
  while (same < given.length && same < observations.length && given[same] === observations[same]) same++;
  truncateFactor(factor, same);
  for (let at = same; at < observations.length; at++) extendFactor(factor, observations[at] as Observation);
  return same;
}

/** An observation more, which must have a value. */
function extendFactor(factor: Factor, observation: Observation): void {
  const { given, rows, values, ones, noise } = factor;
  const row = new Float64Array(given.length + 1);
  row.set(whiten(factor, observation.codes));
  let pivot = 1 + noise;
  for (let i = 0; i < given.length; i++) pivot -= (row[i] as number) ** 2;
  row[given.length] = Math.sqrt(Math.max(MIN_PIVOT, pivot));
  values.push(eliminate(observation.value as number, row, values, given.length));
  ones.push(eliminate(1, row, ones, given.length));
  given.push(observation);
  rows.push(row);
}

/** Forgets all but the first `length` observations. */
function truncateFactor({ given, rows, values, ones }: Factor, length: number): void {
  given.length = length;
  rows.length = length;
  values.length = length;
  ones.length = length;
}

const NOTHING = new Float64Array(0);

/**
 * w = L^-1 k(observations, row of codes): covariance of two rows given the observations is k(a, b) - w_a . w_b.
 * `known` is what it was when there were fewer observations: its beginning, which need not be computed again.
 */
export function whiten(
  { shape, tables, given, rows }: Factor,
  codes: Uint8Array,
  known: Float64Array = NOTHING,
): Float64Array {
  const whitened = new Float64Array(given.length);
  whitened.set(known);
  for (let i = known.length; i < given.length; i++) {
    const near = covarianceOf(shape, tables, (given[i] as Observation).codes, codes);
    whitened[i] = eliminate(near, rows[i] as Float64Array, whitened, i);
  }
  return whitened;
}

/** The constant mean by generalised least squares, and the amplitude under its prior. */
export function explain({ given, values, ones }: Factor): Explanation {
  let ofOnes = 0;
  let ofValues = 0;
  for (let i = 0; i < given.length; i++) {
    ofOnes += (ones[i] as number) ** 2;
    ofValues += (ones[i] as number) * (values[i] as number);
  }
  const mean = ofValues / ofOnes;
  const residual = Float64Array.from(values, (value, i) => value - mean * (ones[i] as number));
  const squares = residual.reduce((sum, value) => sum + value * value, 0);
  const spread = varianceOf(given.map(({ value }) => value as number));
  const amplitude = (squares + AMPLITUDE_WEIGHT * spread) / (given.length + AMPLITUDE_WEIGHT);
  return { mean, residual, deviation: Math.sqrt(Math.max(amplitude, Number.MIN_VALUE)) };
}

/** L'^-1 b: with the residual, what each observation's covariance with a point adds to the point's mean. */
export function backSubstitute({ rows }: Factor, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = x.length - 1; i >= 0; i--) {
    const row = rows[i] as Float64Array;
    const value = (x[i] as number) / (row[i] as number);
    x[i] = value;
    for (let k = 0; k < i; k++) x[k] = (x[k] as number) - (row[k] as number) * value;
  }
  return x;
}

/** One step of forward substitution: entry i of L^-1 b, given the entries before it. */
function eliminate(b: number, row: Float64Array, solved: ArrayLike<number>, i: number): number {
  let sum = b;
  for (let k = 0; k < i; k++) sum -= (row[k] as number) * (solved[k] as number);
  return sum / (row[i] as number);
}

function varianceOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
