/**
 * Expected improvement (Jones, Schonlau and Welch, 1998) on the logarithm of time, and what evaluations still on
 * their way take from it: they are believed to come out as predicted, so they cost variance and may raise the bar
 * (the kriging believer of Ginsbourger et al., 2010).
 */
import type { Point, Posterior } from "./posterior.ts";

/** Expected amount by which a normal variable falls below `bar`. */
export function expectedImprovement(mean: number, deviation: number, bar: number): number {
  if (!(deviation > 0)) return Math.max(0, bar - mean);
  const z = (bar - mean) / deviation;
  return deviation * (z * normalBelow(z) + Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI));
}

/** For any point its variance (share of the amplitude) once the points in flight are in. */
export function varianceBehind(posterior: Posterior, inFlight: readonly Point[]): (point: Point) => number {
  const rows: { point: Point; entries: number[]; pivot: number }[] = [];
  /** The point's row below those in flight, in the Cholesky factor of their covariance given the observations. */
  const project = (point: Point) => {
    const entries: number[] = [];
    for (const row of rows) {
      let sum = posterior.covariance(point, row.point);
      for (let k = 0; k < entries.length; k++) sum -= (entries[k] as number) * (row.entries[k] as number);
      entries.push(sum / row.pivot);
    }
    return entries;
  };
  const left = (point: Point, entries: readonly number[]) =>
    Math.max(0, point.variance - entries.reduce((sum, entry) => sum + entry * entry, 0));
  for (const point of inFlight) {
    const entries = project(point);
    rows.push({ point, entries, pivot: Math.sqrt(Math.max(1e-10, left(point, entries) + posterior.noise)) });
  }
  return (point) => left(point, project(point));
}

/** The normal distribution function, to 1e-7 (Abramowitz and Stegun 7.1.26). */
function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const polynomial = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const below = 1 - 0.5 * polynomial * Math.exp(-x * x);
  return z >= 0 ? below : 1 - below;
}
