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
  random,
  seed,
  seeded,
  size,
  symmetric,
  transposed,
  withSpectrum,
} from '../test/matrices.ts';
import { fromRows, type Ldlt, ldlt, type Matrix, matrix, solveLdlt, symmetricEigenvalues } from './index.ts';

function blockDiagonal({ diagonal, offDiagonal }: Ldlt): Matrix {
  const n = diagonal.length;
  return generate(n, n, (i, j) => (i === j ? diagonal[i]! : Math.abs(i - j) === 1 ? offDiagonal[Math.min(i, j)]! : 0));
}

/** |P A P^T - L D L^T| against eps |L| |D| |L|^T, which bounds it for any pivoting. */
function check(a: Matrix): Ldlt {
  const n = a.rows;
  const factors = ldlt(a);
  const { lower, permutation } = factors;
  expect(Array.from(permutation).sort((i, j) => i - j)).toEqual(Array.from({ length: n }, (_, i) => i));
  const permuted = generate(n, n, (i, j) => a.data[permutation[i]! * n + permutation[j]!]!);
  const d = blockDiagonal(factors);
  const product = exactProduct(exactProduct(lower, d), transposed(lower));
  expect(distance(product, permuted)).toBeLessThanOrEqual(2 * n * EPS * Math.max(norm(a), norm(d)));
  for (let i = 0; i < n; i++) {
    expect(lower.data[i * (n + 1)]).toBe(1);
    for (let j = i + 1; j < n; j++) expect(lower.data[i * n + j]).toBe(0);
  }
  return factors;
}

describe('ldlt', () => {
  it('is backward stable, and its inertia is that of the eigenvalues', () => {
    fc.assert(
      fc.property(size, seed, (n, s) => {
        const a = symmetric(n, s);
        const { inertia } = check(a);
        const values = symmetricEigenvalues(a);
        // None of these matrices is singular to rounding.
        expect(values.every((value) => Math.abs(value) > 1e-10)).toBe(true);
        const positive = values.filter((value) => value > 0).length;
        expect(inertia).toEqual({ positive, negative: n - positive, zero: 0 });
      }),
      seeded,
    );
  });

  it('takes zero diagonals, saddle points, rank one and graded matrices', () => {
    expect(check(fromRows([[0, 1], [1, 0]])).inertia).toEqual({ positive: 1, negative: 1, zero: 0 }); // prettier-ignore
    const s = symmetric(61, 3);
    const hollow = generate(61, 61, (i, j) => (i === j ? 0 : s.data[i * 61 + j]!));
    check(hollow);
    const saddle = generate(60, 60, (i, j) => (i < 40 && j < 40 ? +(i === j) : i >= 40 && j >= 40 ? 0 : s.data[i * 61 + j]! + s.data[j * 61 + i]!)); // prettier-ignore
    expect(check(saddle).inertia).toEqual({ positive: 40, negative: 20, zero: 0 });
    expect(check(generate(40, 40, () => 1)).inertia).toEqual({ positive: 1, negative: 0, zero: 39 });
    check(hilbert(12));
    const graded = Array.from({ length: 70 }, (_, i) => (i % 2 ? -1 : 1) * 10 ** (-i / 7));
    check(withSpectrum(graded, 2));
  });

  it('solves with a small backward error, for a vector and for a matrix', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 2, max: 9 }), seed, (n, m, s) => {
        const a = symmetric(n, s);
        const b = random(n, m, s + 1);
        const factors = ldlt(a);
        const x = solveLdlt(factors, b);
        const growth = Math.max(norm(a), norm(blockDiagonal(factors)));
        expect(distance(exactProduct(a, x), b)).toBeLessThanOrEqual(8 * n * EPS * growth * norm(x));
        const column = Float64Array.from({ length: n }, (_, i) => b.data[i * m]!);
        const y = solveLdlt(factors, column);
        const residual = distance(exactProduct(a, matrix(n, 1, y)).data, column);
        expect(residual).toBeLessThanOrEqual(8 * n * EPS * growth * norm(y));
      }),
      seeded,
    );
    expect(solveLdlt(ldlt(identity(3)), Float64Array.of(1, 2, 3))).toEqual(Float64Array.of(1, 2, 3));
  });

  it('scales with the matrix to the bit', () => {
    const a = symmetric(50, 8);
    const { lower, diagonal, offDiagonal, ...same } = ldlt(a);
    for (const k of [-900, 900]) {
      const scaled = ldlt({ ...a, data: a.data.map((x) => x * 2 ** k) });
      expect(scaled).toEqual({
        ...same,
        lower,
        diagonal: diagonal.map((x) => x * 2 ** k),
        offDiagonal: offDiagonal.map((x) => x * 2 ** k),
      });
    }
  });

  it('says that a matrix is singular when asked to solve, and takes empty, zero and 1 x 1 matrices', () => {
    const zero = ldlt(matrix(3, 3));
    expect(zero.inertia).toEqual({ positive: 0, negative: 0, zero: 3 });
    expect(() => solveLdlt(zero, new Float64Array(3))).toThrow('Pivot 0 of D is 0');
    expect(ldlt(matrix(0, 0)).inertia).toEqual({ positive: 0, negative: 0, zero: 0 });
    expect(solveLdlt(ldlt(fromRows([[-4]])), Float64Array.of(8))).toEqual(Float64Array.of(-2));
    expect(() => solveLdlt(ldlt(identity(2)), matrix(3, 2))).toThrow('b has 3 rows');
    expect(() => solveLdlt(ldlt(identity(2)), Float64Array.of(1, NaN))).toThrow('b[1] is NaN');
    expect(() => ldlt(matrix(1, 2))).toThrow('must be square');
    expect(() => ldlt(fromRows([[NaN]]))).toThrow('a (row 0, column 0) is NaN');
  });
});
