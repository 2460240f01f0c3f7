import fc from 'fast-check';
import { gram, type Matrix, matrix, multiply, orthonormalColumns, pivotedQr } from '../src/index.ts';

export const EPS: number = Number.EPSILON;
export const seeded: fc.Parameters<unknown> = { seed: 20261124, numRuns: 40 };

/** Numbers between -1 and 1. */
export function uniform(seed: number): () => number {
  let state = (seed + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) / 2 ** 23 - 1) as number;
  };
}

export function random(rows: number, columns: number, seed: number): Matrix {
  return matrix(rows, columns, Float64Array.from({ length: rows * columns }, uniform(seed)));
}

export function generate(rows: number, columns: number, entry: (i: number, j: number) => number): Matrix {
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, (_, at) => entry(Math.floor(at / columns), at % columns)),
  );
}

export function symmetric(n: number, seed: number): Matrix {
  const a = random(n, n, seed);
  return generate(n, n, (i, j) => a.data[Math.max(i, j) * n + Math.min(i, j)]!);
}

export function identity(n: number): Matrix {
  return generate(n, n, (i, j) => (i === j ? 1 : 0));
}

export function transposed(a: Matrix): Matrix {
  return generate(a.columns, a.rows, (i, j) => a.data[j * a.columns + i]!);
}

export function orthogonal(n: number, seed: number): Matrix {
  return orthonormalColumns(pivotedQr(random(n, n, seed)));
}

/** Q^T diag(values) Q, symmetric to the bit. */
export function withSpectrum(values: ArrayLike<number>, seed: number): Matrix {
  const n = values.length;
  const q = orthogonal(n, seed);
  const a = multiply(
    q,
    generate(n, n, (i, j) => values[i]! * q.data[i * n + j]!),
    { transposeA: true },
  );
  return generate(n, n, (i, j) => a.data[Math.max(i, j) * n + Math.min(i, j)]!);
}

export function hilbert(n: number): Matrix {
  return generate(n, n, (i, j) => 1 / (i + j + 1));
}

/** Wilkinson's W+ of 2 m + 1 rows: its large eigenvalues come in pairs that agree to many digits. */
export function wilkinson(m: number): Matrix {
  return generate(2 * m + 1, 2 * m + 1, (i, j) => (i === j ? Math.abs(i - m) : Math.abs(i - j) === 1 ? 1 : 0));
}

export function positiveDefinite(n: number, seed: number): Matrix {
  const a = gram(random(n, n + 3, seed));
  for (let i = 0; i < n; i++) a.data[i * (n + 1)]! += 0.1;
  return a;
}

/** The Frobenius norm, without overflow. */
export function norm(a: Matrix | Float64Array): number {
  const data = a instanceof Float64Array ? a : a.data;
  const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return largest === 0 ? 0 : largest * Math.sqrt(data.reduce((sum, x) => sum + (x / largest) ** 2, 0));
}

/** The Frobenius norm of A - B. */
export function distance(a: Matrix | Float64Array, b: Matrix | Float64Array): number {
  const [x, y] = [a instanceof Float64Array ? a : a.data, b instanceof Float64Array ? b : b.data];
  if (x.length !== y.length) throw new Error(`${x.length} numbers against ${y.length}`);
  return norm(x.map((element, i) => element - y[i]!));
}

/** The product by three loops, each sum compensated: what every other product is held against. */
export function exactProduct(a: Matrix, b: Matrix): Matrix {
  return generate(a.rows, b.columns, (i, j) => {
    let sum = 0;
    let rest = 0;
    for (let p = 0; p < a.columns; p++) {
      const term = a.data[i * a.columns + p]! * b.data[p * b.columns + j]!;
      const next = sum + term;
      rest += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
      sum = next;
    }
    return sum + rest;
  });
}

export const size: fc.Arbitrary<number> = fc.integer({ min: 1, max: 90 });
export const seed: fc.Arbitrary<number> = fc.integer({ min: 0, max: 1e6 });
