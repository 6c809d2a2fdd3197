/** Dense linear algebra on row-major lower triangles; small enough (n <= 600) that plain loops serve. */

/** In place, the lower triangle only; false when the matrix is not positive definite to working precision. */
export function factorise(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const rowI = i * n;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * n;
      let sum = matrix[rowI + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[rowI + k] as number) * (matrix[rowJ + k] as number);
      if (i === j) {
        if (!(sum > 1e-12)) return false;
        matrix[rowI + i] = Math.sqrt(sum);
      } else {
        matrix[rowI + j] = sum / (matrix[rowJ + j] as number);
      }
    }
  }
  return true;
}

/** x with L x = b. */
export function solveLower(lower: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    let sum = x[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * n + k] as number) * (x[k] as number);
    x[i] = sum / (lower[i * n + i] as number);
  }
  return x;
}

/** x with L' x = b. */
export function solveUpper(lower: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = n - 1; i >= 0; i--) {
    const value = (x[i] as number) / (lower[i * n + i] as number);
    x[i] = value;
    for (let k = 0; k < i; k++) x[k] = (x[k] as number) - (lower[i * n + k] as number) * value;
  }
  return x;
}

/** The transpose of L's inverse, row-major: entry [j * n + i] is (L^-1)[i][j], so that columns are contiguous. */
export function inverseTransposed(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const column = j * n;
    inverse[column + j] = 1 / (lower[column + j] as number);
    for (let i = j + 1; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let k = j; k < i; k++) sum -= (lower[row + k] as number) * (inverse[column + k] as number);
      inverse[column + i] = sum / (lower[row + i] as number);
    }
  }
  return inverse;
}
