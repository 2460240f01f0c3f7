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
  positiveDefinite,
  random,
  seed,
  seeded,
  size,
  transposed,
  withSpectrum,
} from '../test/matrices.ts';
import { cholesky, fromRows, gram, type Matrix, matrix, multiply, solveCholesky } from './index.ts';

function factorOf(a: Matrix, shift = 0): Matrix {
  const factored = cholesky(a, { shift });
  if (!factored.positiveDefinite) throw new Error(`failed at ${factored.failedAt}`);
  return factored.lower;
}

describe('cholesky', () => {
  it('is backward stable: |A - L L^T| <= n eps |A|', () => {
    fc.assert(
      fc.property(size, seed, (n, s) => {
        const a = positiveDefinite(n, s);
        const l = factorOf(a);
        for (let i = 0; i < n; i++) {
          expect(l.data[i * (n + 1)]).toBeGreaterThan(0);
          for (let j = i + 1; j < n; j++) expect(l.data[i * n + j]).toBe(0);
        }
        expect(distance(exactProduct(l, transposed(l)), a)).toBeLessThanOrEqual((n + 1) * EPS * norm(a));
      }),
      seeded,
    );
  });

  it('is so for a large matrix, and for ill-conditioned and graded ones', () => {
    const graded = positiveDefinite(60, 4);
    const grade = (i: number): number => 10 ** (-i / 4);
    for (const a of [
      gram(random(300, 310, 3)),
      hilbert(12),
      withSpectrum(
        Array.from({ length: 80 }, (_, i) => 10 ** (-i / 8)),
        1,
      ),
      generate(60, 60, (i, j) => grade(i) * graded.data[i * 60 + j]! * grade(j)),
    ]) {
      const l = factorOf(a);
      expect(distance(multiply(l, l, { transposeB: true }), a)).toBeLessThanOrEqual(a.rows * EPS * norm(a));
    }
  });

  it('keeps every digit of a graded matrix, row by row', () => {
    // The error of element (i, j) is relative to sqrt(a_ii a_jj), not to the norm.
    const n = 60;
    const a = positiveDefinite(n, 5);
    const grade = (i: number): number => 2 ** -(i * 7);
    const l = factorOf(generate(n, n, (i, j) => grade(i) * a.data[i * n + j]! * grade(j)));
    expect(generate(n, n, (i, j) => l.data[i * n + j]! / grade(i))).toEqual(factorOf(a));
  });

  it('names the index where it fails, wherever that lies', () => {
    fc.assert(
      fc.property(size, seed, fc.nat(), (n, s, at) => {
        const failedAt = at % n;
        const a = positiveDefinite(n, s);
        const l = factorOf(a);
        // The square of L's diagonal would become -1 there.
        a.data[failedAt * (n + 1)]! -= l.data[failedAt * (n + 1)]! ** 2 + 1;
        const failed = cholesky(a);
        expect(failed).toMatchObject({ positiveDefinite: false, failedAt });
        if (!failed.positiveDefinite) expect(failed.pivot).toBeCloseTo(-1, 9);
      }),
      seeded,
    );
    expect(cholesky(fromRows([[0]]))).toEqual({ positiveDefinite: false, failedAt: 0, pivot: 0 });
    expect(cholesky(matrix(40, 40))).toEqual({ positiveDefinite: false, failedAt: 0, pivot: 0 });
    expect(cholesky(generate(40, 40, () => 1))).toEqual({ positiveDefinite: false, failedAt: 1, pivot: 0 });
  });

  it('adds the shift to the diagonal', () => {
    const a = gram(random(20, 3, 1));
    expect(cholesky(a).positiveDefinite).toBe(false);
    const shifted = matrix(
      20,
      20,
      a.data.map((x, at) => (at % 21 === 0 ? x + 0.5 : x)),
    );
    expect(factorOf(a, 0.5)).toEqual(factorOf(shifted));
    expect(() => cholesky(a, { shift: NaN })).toThrow('shift is NaN');
  });

  it('takes any scale', () => {
    const a = positiveDefinite(30, 2);
    const l = factorOf(a);
    for (const k of [-300, -1000, 1000]) {
      const scaled = factorOf({ ...a, data: a.data.map((x) => x * 2 ** k) });
      expect(scaled.data.map((x) => x * 2 ** (-k / 2))).toEqual(l.data);
    }
    expect(factorOf(fromRows([[5e-324]])).data[0]).toBe(Math.sqrt(5e-324));
    expect(factorOf(fromRows([[Number.MAX_VALUE]])).data[0]).toBe(Math.sqrt(Number.MAX_VALUE));
  });

  it('reads the lower triangle only, and leaves its argument alone', () => {
    const a = positiveDefinite(25, 6);
    const half = generate(25, 25, (i, j) => (j > i ? NaN : a.data[i * 25 + j]!));
    const copy = half.data.slice();
    expect(factorOf(half)).toEqual(factorOf(a));
    expect(half.data).toEqual(copy);
  });

  it('takes 0 x 0 and 1 x 1, refuses what is not square or not finite', () => {
    expect(factorOf(matrix(0, 0))).toEqual(matrix(0, 0));
    expect(factorOf(fromRows([[9]]))).toEqual(fromRows([[3]]));
    expect(() => cholesky(matrix(2, 3))).toThrow('a is 2 x 3: it must be square');
    expect(() => cholesky(fromRows([[1, 0], [Infinity, 1]]))).toThrow('a (row 1, column 0) is Infinity'); // prettier-ignore
  });
});

describe('solveCholesky', () => {
  it('solves with a small backward error, for a vector and for a matrix', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 12 }), seed, (n, m, s) => {
        const a = positiveDefinite(n, s);
        const l = factorOf(a);
        const b = random(n, m, s + 1);
        const x = solveCholesky(l, b);
        expect(distance(exactProduct(a, x), b)).toBeLessThanOrEqual(4 * n * EPS * norm(a) * norm(x));
        const first = solveCholesky(
          l,
          Float64Array.from({ length: n }, (_, i) => b.data[i * m]!),
        );
        expect(
          distance(
            first,
            Float64Array.from({ length: n }, (_, i) => x.data[i * m]!),
          ),
        ).toBeLessThanOrEqual(1e-9 * norm(first));
      }),
      seeded,
    );
  });

  it('gives the inverse of the identity', () => {
    expect(solveCholesky(identity(30), identity(30))).toEqual(identity(30));
  });
});
