/**
 * The Gaussian process given observations, on a fixed pool of candidates. Observations are added one by one:
 * a new row of the Cholesky factor, and for each candidate the matching entry of L^-1 k, from which its mean and
 * variance follow. When the list of observations changed further back, the rows behind the change are dropped and
 * built again, so that equal lists give equal bits whatever the order in which they grew.
 */
import type { Coordinate } from "./coordinates.ts";
import { covarianceOf, type KernelShape, type KernelTables, tablesOf } from "./kernel.ts";
import { AMPLITUDE_WEIGHT } from "./likelihood.ts";
import type { Observation } from "./observation.ts";

/** A candidate as seen by the observations: w = L^-1 k, so that covariance given them is k(a, b) - w_a . w_b. */
export interface Point {
  readonly codes: Uint8Array;
  readonly whitened: Float64Array;
  readonly mean: number;
  /** Before the amplitude; at most 1. */
  readonly variance: number;
}

export interface Posterior {
  readonly observations: readonly Observation[];
  /** Mean of each candidate of the pool; the unit of the observations' values. */
  readonly mean: Float64Array;
  /** Variance of each candidate of the pool as a share of the amplitude. */
  readonly variance: Float64Array;
  /** Standard deviation of the process before any observation. */
  readonly deviation: number;
  readonly noise: number;
  candidate(index: number): Point;
  point(codes: Uint8Array): Point;
  covariance(a: Point, b: Point): number;
}

export interface PosteriorBuilder {
  /** Mean of any rows of codes given the observations so far. */
  screen(rows: readonly Uint8Array[]): Float64Array;
  /** Sets the candidates, rows of codes. */
  setPool(pool: readonly Uint8Array[]): void;
  /** The posterior given exactly these observations, all of them successful. */
  condition(observations: readonly Observation[]): Posterior;
}

const LEAST_PIVOT = 1e-10;

export function openPosterior(shape: KernelShape, theta: Float64Array): PosteriorBuilder {
  const { tables } = tablesOf(shape, theta);
  const noise = Math.exp(theta[shape.slots.length] as number);
  const given: Observation[] = [];
  /** Row i of the factor: i + 1 entries. */
  const factor: Float64Array[] = [];
  /** Row i of L^-1 K(observations, pool). */
  const columns: Float32Array[] = [];
  let pool: readonly Uint8Array[] = [];
  let codes: Uint8Array[] = [];
  let variance = new Float64Array(0);
  const covariance = (a: Uint8Array, b: Uint8Array) => covarianceOf(shape, tables, a, b);

  const whiten = (row: Uint8Array) => {
    const whitened = new Float64Array(given.length);
    for (let i = 0; i < given.length; i++) {
      whitened[i] = eliminate(covariance((given[i] as Observation).codes, row), factor[i] as Float64Array, whitened, i);
    }
    return whitened;
  };

  function append(observation: Observation): void {
    const row = new Float64Array(given.length + 1);
    row.set(whiten(observation.codes));
    let pivot = 1 + noise;
    for (let i = 0; i < given.length; i++) pivot -= (row[i] as number) ** 2;
    row[given.length] = Math.sqrt(Math.max(LEAST_PIVOT, pivot));
    given.push(observation);
    factor.push(row);
    if (pool.length > 0) columns.push(column(given.length - 1));
  }

  /** Also takes the new row's share from the pool's variance. */
  function column(index: number): Float32Array {
    const observation = given[index] as Observation;
    const row = factor[index] as Float64Array;
    const values = poolCovariance(shape, tables, codes, pool.length, observation.codes);
    eliminateAll(values, row, columns, index);
    const scale = 1 / (row[index] as number);
    const entries = new Float32Array(values.length);
    for (let at = 0; at < values.length; at++) {
      const entry = (values[at] as number) * scale;
      entries[at] = entry;
      variance[at] = (variance[at] as number) - entry * entry;
    }
    return entries;
  }

  function truncate(length: number): void {
    given.length = length;
    factor.length = length;
    columns.length = Math.min(columns.length, length);
    variance = new Float64Array(pool.length).fill(1);
    for (const entries of columns) {
      for (let at = 0; at < entries.length; at++) {
        variance[at] = (variance[at] as number) - (entries[at] as number) ** 2;
      }
    }
  }

  /** The data seen through the factor, with its constant mean and amplitude. */
  function explain() {
    const values = new Float64Array(given.length);
    const ones = new Float64Array(given.length);
    for (let i = 0; i < given.length; i++) {
      const row = factor[i] as Float64Array;
      values[i] = eliminate((given[i] as Observation).value as number, row, values, i);
      ones[i] = eliminate(1, row, ones, i);
    }
    let ofOnes = 0;
    let ofValues = 0;
    for (let i = 0; i < given.length; i++) {
      ofOnes += (ones[i] as number) ** 2;
      ofValues += (ones[i] as number) * (values[i] as number);
    }
    const mean = ofValues / ofOnes;
    const residual = values.map((value, i) => value - mean * (ones[i] as number));
    const squares = residual.reduce((sum, value) => sum + value * value, 0);
    const spread = varianceOf(given.map(({ value }) => value as number));
    const amplitude = (squares + AMPLITUDE_WEIGHT * spread) / (given.length + AMPLITUDE_WEIGHT);
    return { mean, residual, deviation: Math.sqrt(Math.max(amplitude, Number.MIN_VALUE)) };
  }

  return {
    screen: (rows) => {
      const { mean, residual } = explain();
      const weights = backSubstitute(factor, residual);
      const columnsOfRows = transposed(shape, rows);
      const means = new Float64Array(rows.length).fill(mean);
      for (let i = 0; i < given.length; i++) {
        const near = poolCovariance(shape, tables, columnsOfRows, rows.length, (given[i] as Observation).codes);
        const weight = weights[i] as number;
        for (let at = 0; at < near.length; at++) means[at] = (means[at] as number) + weight * (near[at] as number);
      }
      return means;
    },
    setPool: (rows) => {
      pool = rows;
      codes = transposed(shape, rows);
      variance = new Float64Array(rows.length).fill(1);
      columns.length = 0;
      for (let index = 0; index < given.length; index++) columns.push(column(index));
    },
    condition: (observations) => {
      let same = 0;
      while (same < given.length && same < observations.length && given[same] === observations[same]) same++;
      if (same < given.length) truncate(same);
      for (const observation of observations.slice(same)) append(observation);
      const { mean, residual, deviation } = explain();
      const means = new Float64Array(pool.length).fill(mean);
      for (const [i, entries] of columns.entries()) {
        const weight = residual[i] as number;
        for (let at = 0; at < entries.length; at++) {
          means[at] = (means[at] as number) + weight * (entries[at] as number);
        }
      }
      return {
        observations: [...given],
        mean: means,
        variance,
        deviation,
        noise,
        candidate: (index) => ({
          codes: pool[index] as Uint8Array,
          whitened: across(columns, index),
          mean: means[index] as number,
          variance: Math.max(0, variance[index] as number),
        }),
        point: (row) => {
          const whitened = whiten(row);
          let level = mean;
          let left = 1;
          for (let i = 0; i < whitened.length; i++) {
            level += (residual[i] as number) * (whitened[i] as number);
            left -= (whitened[i] as number) ** 2;
          }
          return { codes: row, whitened, mean: level, variance: Math.max(0, left) };
        },
        covariance: (a, b) => {
          let value = covariance(a.codes, b.codes);
          for (let i = 0; i < a.whitened.length; i++) {
            value -= (a.whitened[i] as number) * (b.whitened[i] as number);
          }
          return value;
        },
      };
    },
  };
}

/** One step of forward substitution: entry i of L^-1 b, given the entries before it. */
function eliminate(b: number, row: Float64Array, solved: Float64Array, i: number): number {
  let sum = b;
  for (let k = 0; k < i; k++) sum -= (row[k] as number) * (solved[k] as number);
  return sum / (row[i] as number);
}

/** One array of codes for each coordinate. */
function transposed(shape: KernelShape, rows: readonly Uint8Array[]): Uint8Array[] {
  return shape.coordinates.map((_, at) => {
    const column = new Uint8Array(rows.length);
    for (let index = 0; index < rows.length; index++) column[index] = (rows[index] as Uint8Array)[at] as number;
    return column;
  });
}

/** Entry `index` of each row. */
function across(rows: readonly Float32Array[], index: number): Float64Array {
  const entries = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) entries[i] = (rows[i] as Float32Array)[index] as number;
  return entries;
}

/** values -= sum over the first `count` rows of share times row; four at a time, which spares memory traffic. */
function eliminateAll(values: Float64Array, shares: Float64Array, rows: readonly Float32Array[], count: number): void {
  const length = values.length;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const [s0, s1, s2, s3] = [shares[i], shares[i + 1], shares[i + 2], shares[i + 3]] as [
      number,
      number,
      number,
      number,
    ];
    const r0 = rows[i] as Float32Array;
    const r1 = rows[i + 1] as Float32Array;
    const r2 = rows[i + 2] as Float32Array;
    const r3 = rows[i + 3] as Float32Array;
    for (let at = 0; at < length; at++) {
      values[at] =
        (values[at] as number) -
        (s0 * (r0[at] as number) + s1 * (r1[at] as number) + s2 * (r2[at] as number) + s3 * (r3[at] as number));
    }
  }
  for (; i < count; i++) {
    const share = shares[i] as number;
    const entries = rows[i] as Float32Array;
    for (let at = 0; at < length; at++) values[at] = (values[at] as number) - share * (entries[at] as number);
  }
}

function backSubstitute(factor: readonly Float64Array[], b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = x.length - 1; i >= 0; i--) {
    const row = factor[i] as Float64Array;
    const value = (x[i] as number) / (row[i] as number);
    x[i] = value;
    for (let k = 0; k < i; k++) x[k] = (x[k] as number) - (row[k] as number) * value;
  }
  return x;
}

function poolCovariance(
  shape: KernelShape,
  tables: KernelTables,
  codes: readonly Uint8Array[],
  length: number,
  row: Uint8Array,
): Float64Array {
  const values = new Float64Array(length).fill(1);
  for (const [at, column] of codes.entries()) {
    const levels = (shape.coordinates[at] as Coordinate).levels;
    const base = (row[at] as number) * levels;
    const entries = (tables[at] as Float64Array).subarray(base, base + levels);
    for (let index = 0; index < length; index++) {
      values[index] = (values[index] as number) * (entries[column[index] as number] as number);
    }
  }
  return values;
}

function varianceOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
