/**
 * The posterior of every candidate of the pool at once: for each observation one row of L^-1 K(observations, pool),
 * from which mean and variance follow by adding up. Nearly all of a search's time is spent here.
 */
import type { Coordinate } from "./coordinates.ts";
import type { CovarianceShape, CovarianceTables } from "./covariance.ts";
import type { Factor } from "./factor.ts";
import type { Observation } from "./observation.ts";

/** Codes of many rows, one array for each coordinate. */
export type CodeColumns = readonly Uint8Array[];

export interface PoolColumns {
  readonly codes: CodeColumns;
  readonly size: number;
  readonly rows: Float32Array[];
  /** Variance given the observations, as a share of the amplitude. */
  variance: Float64Array;
  /** Contributions of the observations' values, and of ones in their place, to the mean. */
  fromValues: Float64Array;
  fromOnes: Float64Array;
}

export function openColumns(shape: CovarianceShape, pool: readonly Uint8Array[]): PoolColumns {
  const size = pool.length;
  const fresh = {
    variance: new Float64Array(size).fill(1),
    fromValues: new Float64Array(size),
    fromOnes: new Float64Array(size),
  };
  return { codes: transposed(shape, pool), size, rows: [], ...fresh };
}

export function transposed(shape: CovarianceShape, rows: readonly Uint8Array[]): CodeColumns {
  return shape.coordinates.map((_, at) => {
    const column = new Uint8Array(rows.length);
    for (let index = 0; index < rows.length; index++) column[index] = (rows[index] as Uint8Array)[at] as number;
    return column;
  });
}

/** Adds what the factor has and the columns have not. */
export function extendColumns(columns: PoolColumns, factor: Factor): void {
  const scratch = new Float64Array(columns.size);
  for (let index = columns.rows.length; index < factor.given.length; index++) {
    const row = factor.rows[index] as Float64Array;
    covarianceWithAll(factor.shape, factor.tables, columns.codes, (factor.given[index] as Observation).codes, scratch);
    eliminateAll(scratch, row, columns.rows, index);
    const scale = 1 / (row[index] as number);
    const entries = new Float32Array(columns.size);
    for (let at = 0; at < entries.length; at++) entries[at] = (scratch[at] as number) * scale;
    columns.rows.push(entries);
    addUp(columns, factor, index);
  }
}

/** Forgets all but the first `length` observations; adds the rest up afresh, so that no rounding is left behind. */
export function truncateColumns(columns: PoolColumns, factor: Factor, length: number): void {
  if (columns.rows.length <= length) return;
  columns.rows.length = length;
  columns.variance.fill(1);
  columns.fromValues.fill(0);
  columns.fromOnes.fill(0);
  for (let index = 0; index < length; index++) addUp(columns, factor, index);
}

/** Covariance of one row of codes with each of many, before any observation. */
export function covarianceWithAll(
  shape: CovarianceShape,
  tables: CovarianceTables,
  codes: CodeColumns,
  row: Uint8Array,
  into: Float64Array,
): void {
  into.fill(1);
  for (let coordinate = 0; coordinate < codes.length; coordinate++) {
    const { levels } = shape.coordinates[coordinate] as Coordinate;
    const base = (row[coordinate] as number) * levels;
    const entries = (tables[coordinate] as Float64Array).subarray(base, base + levels);
    const column = codes[coordinate] as Uint8Array;
    for (let at = 0; at < into.length; at++) {
      into[at] = (into[at] as number) * (entries[column[at] as number] as number);
    }
  }
}

function addUp({ rows, variance, fromValues, fromOnes }: PoolColumns, factor: Factor, index: number): void {
  const entries = rows[index] as Float32Array;
  const value = factor.values[index] as number;
  const one = factor.ones[index] as number;
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at] as number;
    variance[at] = (variance[at] as number) - entry * entry;
    fromValues[at] = (fromValues[at] as number) + value * entry;
    fromOnes[at] = (fromOnes[at] as number) + one * entry;
  }
}

/** values -= sum over the first `count` rows of share times row; four at a time, which spares memory traffic. */
function eliminateAll(values: Float64Array, shares: Float64Array, rows: readonly Float32Array[], count: number): void {
  const length = values.length;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const s0 = shares[i] as number;
    const s1 = shares[i + 1] as number;
    const s2 = shares[i + 2] as number;
    const s3 = shares[i + 3] as number;
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
