import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  distance,
  EPS,
  exactProduct,
  generate,
  hilbert,
  identity,
  norm,
  orthogonal,
  random,
  seed,
  seeded,
  size,
  transposed,
} from '../test/matrices.ts';
import {
  fromRows,
  gram,
  leastSquares,
  type Matrix,
  matrix,
  multiply,
  orthonormalColumns,
  pivotedQr,
  solveLeastSquares,
} from './index.ts';

/** A of m x n with those singular values, and what it is made of. */
function withSingularValues(m: number, n: number, values: readonly number[], s: number): { a: Matrix; pinv: Matrix } {
  const [u, v] = [orthogonal(m, s), orthogonal(n, s + 1)];
  const make = (f: (x: number) => number): Matrix =>
    generate(m, n, (i, j) => (i === j && i < values.length ? f(values[i]!) : 0));
  return {
    a: multiply(
      multiply(
        u,
        make((x) => x),
      ),
      v,
    ),
    pinv: transposed(
      multiply(
        multiply(
          u,
          make((x) => 1 / x),
        ),
        v,
      ),
    ),
  };
}

describe('pivotedQr', () => {
  it('is backward stable, with an orthonormal Q and a falling diagonal', () => {
    fc.assert(
      fc.property(size, size, seed, (m, n, s) => {
        const a = random(m, n, s);
        const qr = pivotedQr(a);
        const q = orthonormalColumns(qr);
        expect(qr.rank).toBe(Math.min(m, n));
        const permuted = generate(m, n, (i, j) => a.data[i * n + qr.permutation[j]!]!);
        const bound = 4 * Math.max(m, n) * EPS;
        expect(distance(exactProduct(q, qr.r), permuted)).toBeLessThanOrEqual(bound * norm(a));
        expect(distance(gram(q, { ofColumns: true }), identity(qr.rank))).toBeLessThanOrEqual(bound);
        for (let k = 1; k < qr.rank; k++) {
          const [before, here] = [qr.r.data[(k - 1) * (n + 1)]!, qr.r.data[k * (n + 1)]!];
          expect(Math.abs(here)).toBeLessThanOrEqual(Math.abs(before) * (1 + 1e-10));
        }
      }),
      seeded,
    );
  });

  it('finds the rank, also of a Kahan matrix and of duplicated columns', () => {
    fc.assert(
      fc.property(size, size, fc.nat(), seed, (m, n, r, s) => {
        const rank = r % (Math.min(m, n) + 1);
        const { a } = withSingularValues(
          m,
          n,
          Array.from({ length: rank }, (_, i) => 2 ** (-i / 8)),
          s,
        );
        expect(pivotedQr(a, { tolerance: 1e-12 }).rank).toBe(rank);
      }),
      seeded,
    );
    const [c, s] = [Math.cos(1.2), Math.sin(1.2)];
    const kahan = generate(30, 30, (i, j) => s ** i * (i === j ? 1 : j > i ? -c : 0));
    const qr = pivotedQr(kahan, { tolerance: 0 });
    const permuted = generate(30, 30, (i, j) => kahan.data[i * 30 + qr.permutation[j]!]!);
    expect(distance(exactProduct(orthonormalColumns(qr), qr.r), permuted)).toBeLessThanOrEqual(30 * EPS * norm(kahan));
    const half = random(50, 10, 4);
    expect(pivotedQr(generate(50, 20, (i, j) => half.data[i * 10 + (j % 10)]!)).rank).toBe(10);
    expect(pivotedQr(matrix(4, 3)).rank).toBe(0);
    expect(pivotedQr(hilbert(12)).rank).toBeLessThan(12);
  });
});

describe('leastSquares', () => {
  it('leaves a residual orthogonal to the columns, and gives the solution of least norm', () => {
    fc.assert(
      fc.property(size, size, fc.nat(), seed, (m, n, r, s) => {
        const rank = 1 + (r % Math.min(m, n));
        const { a, pinv } = withSingularValues(
          m,
          n,
          Array.from({ length: rank }, (_, i) => 2 ** (-i / 16)),
          s,
        );
        const b = random(m, 3, s + 2);
        const { solution, rank: found, residualNorms } = leastSquares(a, b, { tolerance: 1e-11 });
        expect(found).toBe(rank);
        const condition = 2 ** ((rank - 1) / 16);
        const tolerance = 50 * Math.max(m, n) * EPS * condition ** 2;
        expect(distance(solution, multiply(pinv, b))).toBeLessThanOrEqual(tolerance * norm(b));
        const fitted = multiply(a, solution);
        const residual = { ...b, data: b.data.map((x, i) => x - fitted.data[i]!) };
        expect(norm(multiply(a, residual, { transposeA: true }))).toBeLessThanOrEqual(tolerance * norm(b));
        for (let q = 0; q < 3; q++) {
          const column = Float64Array.from({ length: m }, (_, i) => residual.data[i * 3 + q]!);
          expect(Math.abs(residualNorms[q]! - norm(column))).toBeLessThanOrEqual(tolerance * norm(b));
        }
        const one = leastSquares(
          a,
          Float64Array.from({ length: m }, (_, i) => b.data[i * 3]!),
          { tolerance: 1e-11 },
        );
        expect(one.solution).toEqual(Float64Array.from({ length: n }, (_, i) => solution.data[i * 3]!));
      }),
      seeded,
    );
  });

  it('fits a line exactly', () => {
    const design = fromRows([[1, 0], [1, 1], [1, 2], [1, 3]]); // prettier-ignore
    const { solution, rank, residualNorms } = leastSquares(design, Float64Array.of(1, 3, 5, 7));
    expect(rank).toBe(2);
    expect(distance(solution, Float64Array.of(1, 2))).toBeLessThanOrEqual(10 * EPS);
    expect(residualNorms[0]).toBeLessThanOrEqual(20 * EPS);
  });

  it('neither over- nor underflows', () => {
    const [a, b] = [random(20, 8, 1), random(20, 1, 2).data];
    const { solution } = leastSquares(a, b);
    for (const [k, l] of [
      [900, 0],
      [0, 900],
      [900, 900],
      [-900, -900],
      [-900, 0],
      [1000, -20],
    ] as const) {
      // prettier-ignore
      const scaled = leastSquares({ ...a, data: a.data.map((x) => x * 2 ** k) }, b.map((x) => x * 2 ** l)); // prettier-ignore
      expect(scaled.solution).toEqual(solution.map((x) => x * 2 ** (l - k)));
    }
  });

  it('takes what is empty or zero, and says what does not fit', () => {
    expect(leastSquares(matrix(3, 2), Float64Array.of(1, 2, 2))).toEqual({
      solution: new Float64Array(2),
      rank: 0,
      residualNorms: Float64Array.of(3),
    });
    expect(leastSquares(matrix(0, 2), new Float64Array(0)).solution).toEqual(new Float64Array(2));
    expect(leastSquares(matrix(2, 0), Float64Array.of(3, 4)).residualNorms[0]).toBe(5);
    expect(() => leastSquares(matrix(2, 2), Float64Array.of(1))).toThrow('b has 1 numbers');
    expect(() => solveLeastSquares(pivotedQr(matrix(2, 2)), matrix(3, 1))).toThrow('b has 3 rows');
    expect(() => leastSquares(matrix(1, 1), Float64Array.of(Infinity))).toThrow('b[0] is Infinity');
    expect(() => pivotedQr(fromRows([[1, NaN]]))).toThrow('a (row 0, column 1) is NaN');
    expect(() => pivotedQr(matrix(1, 1), { tolerance: -1 })).toThrow('tolerance is -1');
  });
});
