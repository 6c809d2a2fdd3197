/** The Gaussian process given observations: mean and variance of a pool of candidates, and of any single point. */

import { type CovarianceShape, covarianceOf } from "./covariance.ts";
import { backSubstitute, explain, type Factor, giveFactor, openFactor, whiten } from "./factor.ts";
import type { Observation } from "./observation.ts";
import {
  covarianceWithAll,
  extendColumns,
  openColumns,
  type PoolColumns,
  transposed,
  truncateColumns,
} from "./pool-columns.ts";

/** A configuration as the observations see it. */
export interface Point {
  readonly codes: Uint8Array;
  readonly whitened: Float64Array;
  /** The unit of the observations' values. */
  readonly mean: number;
  /** Share of the amplitude, at most 1. */
  readonly variance: number;
}

export interface Posterior {
  readonly observations: readonly Observation[];
  /** Of each candidate of the pool, as in `Point`. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Standard deviation of the process before any observation. */
  readonly deviation: number;
  readonly noise: number;
  candidate(index: number): Point;
  point(codes: Uint8Array): Point;
  covariance(a: Point, b: Point): number;
}

export interface PosteriorBuilder {
  /** Mean of any rows of codes given these observations. */
  screen(observations: readonly Observation[], rows: readonly Uint8Array[]): Float64Array;
  /** Sets the candidates, rows of codes. */
  setPool(pool: readonly Uint8Array[]): void;
  /** How many of the observations, all successful, are taken up, the first of them. */
  known(observations: readonly Observation[]): number;
  /** Takes up that many more. */
  grow(observations: readonly Observation[], rows: number): void;
  /** The posterior given exactly these observations, all successful. It is good until the next call. */
  condition(observations: readonly Observation[]): Posterior;
}

export function openPosterior(shape: CovarianceShape, theta: Float64Array): PosteriorBuilder {
  const factor = openFactor(shape, theta);
  let pool: readonly Uint8Array[] = [];
  let columns = openColumns(shape, pool);

  /** By row of codes: those in flight are asked for again and again while the observations grow. */
  const whitened = new Map<string, Float64Array>();

  const give = (observations: readonly Observation[]) => {
    const before = factor.given.length;
    const same = giveFactor(factor, observations);
    if (same < before) whitened.clear();
    truncateColumns(columns, factor, same);
  };
  const known = (observations: readonly Observation[]) => {
    let same = 0;
    while (same < observations.length && factor.given[same] === observations[same]) same++;
    return same;
  };
  const whitenedOf = (codes: Uint8Array) => {
    const key = codes.join();
    const now = whiten(factor, codes, whitened.get(key));
    whitened.set(key, now);
    return now;
  };

  return {
    screen: (observations, rows) => {
      give(observations);
      const { mean, residual } = explain(factor);
      const weights = backSubstitute(factor, residual);
      const codes = transposed(shape, rows);
      const means = new Float64Array(rows.length).fill(mean);
      const near = new Float64Array(rows.length);
      for (const [i, observation] of factor.given.entries()) {
        covarianceWithAll(shape, factor.tables, codes, observation.codes, near);
        const weight = weights[i] as number;
        for (let at = 0; at < near.length; at++) means[at] = (means[at] as number) + weight * (near[at] as number);
      }
      return means;
    },
    setPool: (rows) => {
      pool = rows;
      columns = openColumns(shape, rows);
    },
    known,
    grow: (observations, rows) => {
      give(observations.slice(0, known(observations) + rows));
      extendColumns(columns, factor);
    },
    condition: (observations) => {
      give(observations);
      extendColumns(columns, factor);
      return posteriorOf(factor, columns, pool, whitenedOf);
    },
  };
}

function posteriorOf(
  factor: Factor,
  columns: PoolColumns,
  pool: readonly Uint8Array[],
  whitenedOf: (codes: Uint8Array) => Float64Array,
): Posterior {
  const { mean, residual, deviation } = explain(factor);
  const { variance, fromValues, fromOnes } = columns;
  const means = new Float64Array(columns.size);
  for (let at = 0; at < means.length; at++) {
    means[at] = mean + (fromValues[at] as number) - mean * (fromOnes[at] as number);
  }
  return {
    observations: factor.given,
    mean: means,
    variance,
    deviation,
    noise: factor.noise,
    candidate: (index) => {
      const whitened = new Float64Array(columns.rows.length);
      for (let i = 0; i < whitened.length; i++) whitened[i] = (columns.rows[i] as Float32Array)[index] as number;
      const codes = pool[index] as Uint8Array;
      return { codes, whitened, mean: means[index] as number, variance: Math.max(0, variance[index] as number) };
    },
    point: (codes) => {
      const whitened = whitenedOf(codes);
      let level = mean;
      let left = 1;
      for (let i = 0; i < whitened.length; i++) {
        level += (residual[i] as number) * (whitened[i] as number);
        left -= (whitened[i] as number) ** 2;
      }
      return { codes, whitened, mean: level, variance: Math.max(0, left) };
    },
    covariance: (a, b) => {
      let value = covarianceOf(factor.shape, factor.tables, a.codes, b.codes);
      for (let i = 0; i < a.whitened.length; i++) value -= (a.whitened[i] as number) * (b.whitened[i] as number);
      return value;
    },
  };
}
