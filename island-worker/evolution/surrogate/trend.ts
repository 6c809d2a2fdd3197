/**
 * What another device's times say beforehand. The mean of the process is a constant and, for every other device, its
 * predicted value times a coefficient that the observations decide (autoregressive co-kriging, Kennedy and O'Hagan,
 * 2000): a device that behaves alike lends its whole landscape, one that does not is soon left aside.
 */
import { factorise, solveLower, solveUpper } from "./cholesky.ts";

/** Predicted values (logarithms of time) of rows of codes. */
export type Prediction = (rows: readonly Uint8Array[]) => Float64Array;

/** Of the coefficients' sum: before anything is measured, half of what another device says is believed. */
const PRIOR = { mean: 0.5, deviation: 0.5 };

/**
 * Coefficients by generalised least squares under their prior; the constant mean is profiled out.
 * All lists are L^-1 applied to: the values, ones, and each prediction at the observations.
 * @param spread variance of the values.
 */
export function coefficientsOf(
  values: readonly number[],
  ones: readonly number[],
  trends: readonly (readonly number[])[],
  spread: number,
): Float64Array {
  const count = trends.length;
  const ofOnes = dot(ones, ones);
  const centred = (a: readonly number[], b: readonly number[]) => dot(a, b) - (dot(a, ones) * dot(b, ones)) / ofOnes;
  const precision = spread / PRIOR.deviation ** 2;
  const normal = new Float64Array(count * count);
  const right = new Float64Array(count);
  for (const [a, trend] of trends.entries()) {
    right[a] = centred(trend, values) + (precision * PRIOR.mean) / count;
    for (let b = 0; b <= a; b++) normal[a * count + b] = centred(trend, trends[b] as readonly number[]);
    normal[a * count + a] = (normal[a * count + a] as number) + precision + 1e-9;
  }
  if (!factorise(normal, count)) return new Float64Array(count);
  return solveUpper(normal, count, solveLower(normal, count, right));
}

/** into += the predictions, each times its coefficient times `sign`. */
export function addTrends(
  into: Float64Array,
  coefficients: Float64Array,
  predictions: readonly ArrayLike<number>[],
  sign: 1 | -1 = 1,
): void {
  for (const [at, predicted] of predictions.entries()) {
    const share = sign * (coefficients[at] as number);
    for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + share * (predicted[i] as number);
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
