import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  distance,
  EPS,
  generate,
  hilbert,
  identity,
  norm,
  seed,
  seeded,
  size,
  symmetric,
  wilkinson,
  withSpectrum,
} from '../test/matrices.ts';
import { fromRows, gram, type Matrix, matrix, multiply, symmetricEigen, symmetricEigenvalues } from './index.ts';

/** Ascending values, a small residual, orthonormal vectors, and the same values without vectors. */
function check(a: Matrix): Float64Array {
  const n = a.rows;
  const { values, vectors } = symmetricEigen(a);
  expect(values).toHaveLength(n);
  for (let i = 1; i < n; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1]!);
  const tolerance = 4 * Math.sqrt(n) * EPS;
  const scaled = generate(n, n, (i, j) => values[i]! * vectors.data[i * n + j]!);
  expect(distance(multiply(vectors, a), scaled)).toBeLessThanOrEqual(tolerance * norm(a));
  expect(distance(gram(vectors), identity(n))).toBeLessThanOrEqual(tolerance * Math.sqrt(n));
  expect(distance(symmetricEigenvalues(a), values)).toBeLessThanOrEqual(tolerance * norm(a));
  return values;
}

const spectrum = (n: number, value: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => value(i));

describe('symmetricEigen', () => {
  it('has small residuals and orthonormal vectors', () => {
    fc.assert(
      fc.property(size, seed, (n, s) => void check(symmetric(n, s))),
      seeded,
    );
  });

  it('does so for a matrix of several hundred rows', () => void check(symmetric(400, 1)));

  it('finds the spectrum that was put in', () => {
    const cases: Record<string, number[]> = {
      'geometric, over 16 orders': spectrum(150, (i) => 10 ** (-i / 10)),
      'geometric, over 300 orders': spectrum(90, (i) => 10 ** (-i * 3.3)),
      'one large': spectrum(120, (i) => (i === 0 ? 1e8 : 1)),
      'all but one zero': spectrum(120, (i) => (i === 0 ? 1 : 0)),
      'two clusters': spectrum(130, (i) => (i % 2) + i * 1e-15),
      'clusters at every scale': spectrum(160, (i) => 10 ** -Math.floor(i / 20) * (1 + (i % 20) * EPS)),
      'multiple': spectrum(140, (i) => Math.floor(i / 35)),
      'plus and minus': spectrum(100, (i) => (i % 2 ? -1 : 1) * (1 + Math.floor(i / 2))),
      'equally spaced': spectrum(170, (i) => i),
      'low rank': spectrum(200, (i) => (i < 10 ? i + 1 : 0)),
    }; // prettier-ignore
    for (const [name, expected] of Object.entries(cases)) {
      const a = withSpectrum(expected, 3);
      const values = check(a);
      const sorted = Float64Array.from(expected).sort();
      expect(distance(values, sorted), name).toBeLessThanOrEqual(10 * Math.sqrt(expected.length) * EPS * norm(a));
    }
  });

  it('is exact enough where the answer is known', () => {
    // The second difference matrix: 2 - 2 cos(pi i / (n + 1)).
    const n = 130;
    const laplace = generate(n, n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0));
    const known = Float64Array.from({ length: n }, (_, i) => 4 * Math.sin((Math.PI * (i + 1)) / (2 * n + 2)) ** 2);
    expect(distance(check(laplace), known)).toBeLessThanOrEqual(20 * EPS * norm(laplace));
    // Wilkinson's W21+: the two largest agree to 14 digits.
    const values = check(wilkinson(10));
    expect(values[20]).toBeCloseTo(10.746194182903393, 12);
    expect(values[19]).toBeCloseTo(10.746194182903322, 12);
    expect(values[0]).toBeCloseTo(-1.1254415221199847, 12);
    check(wilkinson(100));
    // Glued Wilkinson matrices: many clusters of tight pairs.
    const w = wilkinson(10);
    const glued = generate(210, 210, (i, j) => {
      if (Math.floor(i / 21) === Math.floor(j / 21)) return w.data[(i % 21) * 21 + (j % 21)]!;
      return Math.abs(i - j) === 1 ? 1e-11 : 0;
    });
    check(glued);
    check(hilbert(60));
  });

  it('takes matrices that fall apart: zero, identity, diagonal, blocks, one row and column', () => {
    for (const n of [1, 2, 31, 32, 33, 64, 65, 100]) {
      expect(check(matrix(n, n))).toEqual(new Float64Array(n));
      expect(check(identity(n))).toEqual(new Float64Array(n).fill(1));
      const diagonal = generate(n, n, (i, j) => (i === j ? ((i * 37) % n) - 5 : 0));
      expect(check(diagonal)).toEqual(Float64Array.from({ length: n }, (_, i) => ((i * 37) % n) - 5).sort());
      check(generate(n, n, () => 1));
      check(generate(n, n, (i, j) => (Math.floor(i / 7) === Math.floor(j / 7) ? 1 + ((i + j) % 3) : 0)));
      check(generate(n, n, (i, j) => (i === 0 || j === 0 ? 1 : 0)));
      check(generate(n, n, (i, j) => (i + j === n - 1 ? 1 : 0)));
    }
  });

  it('takes Laplacians of graphs with many equal eigenvalues', () => {
    const laplacian = (n: number, edge: (i: number, j: number) => boolean): Matrix => {
      const joined = (i: number, j: number): boolean => i !== j && (edge(i, j) || edge(j, i));
      const degree = (i: number): number => Array.from({ length: n }, (_, j) => joined(i, j)).filter(Boolean).length;
      return generate(n, n, (i, j) => (i === j ? degree(i) : joined(i, j) ? -1 : 0));
    };
    for (const n of [50, 64, 100, 128, 200]) {
      const star = check(laplacian(n, (i) => i === 0));
      expect(distance(star, Float64Array.from({ length: n }, (_, i) => (i === 0 ? 0 : i === n - 1 ? n : 1)))).toBeLessThan(n * n * EPS); // prettier-ignore
      check(laplacian(n, (i) => i === n - 1));
      check(laplacian(n, () => true));
      check(laplacian(n, (i, j) => i < n / 2 && j >= n / 2));
      check(laplacian(n, (i, j) => i < n / 2 === j < n / 2));
      check(laplacian(n, (i, j) => i === 0 || Math.abs(i - j) === 1));
      check(laplacian(n, (i, j) => i < 3 && j >= 3));
      if (n % 64 === 0) check(laplacian(n, (i, j) => Number.isInteger(Math.log2(i ^ j))));
    }
  });

  it('takes graded matrices, either way round', () => {
    const n = 100;
    const s = symmetric(n, 9);
    for (const sign of [1, -1]) {
      const grade = (i: number): number => 10 ** ((sign * (i - n / 2)) / 5);
      check(generate(n, n, (i, j) => grade(i) * s.data[i * n + j]! * grade(j)));
    }
  });

  it('scales with the matrix to the bit, from subnormal to huge', () => {
    const a = symmetric(70, 5);
    const { values, vectors } = symmetricEigen(a);
    for (const k of [-900, 900, 1010]) {
      const scaled = symmetricEigen({ ...a, data: a.data.map((x) => x * 2 ** k) });
      expect(scaled.vectors).toEqual(vectors);
      expect(scaled.values).toEqual(values.map((x) => x * 2 ** k));
    }
    const tiny = symmetricEigen(fromRows([[0, 5e-324], [5e-324, 0]])); // prettier-ignore
    expect(tiny.values).toEqual(Float64Array.of(-5e-324, 5e-324));
    const huge = symmetricEigenvalues(fromRows([[0, 1e308], [1e308, 0]])); // prettier-ignore
    expect(distance(huge, Float64Array.of(-1e308, 1e308))).toBeLessThanOrEqual(1e308 * 4 * EPS);
  });

  it('reads the lower triangle only, leaves its argument alone, and repeats itself to the bit', () => {
    const a = symmetric(80, 6);
    const half = generate(80, 80, (i, j) => (j > i ? NaN : a.data[i * 80 + j]!));
    const copy = half.data.slice();
    const eigen = symmetricEigen(half);
    expect(eigen).toEqual(symmetricEigen(a));
    expect(symmetricEigen(half)).toEqual(eigen);
    expect(half.data).toEqual(copy);
  });

  it('takes 0 x 0 and 1 x 1, refuses what is not square or not finite', () => {
    expect(symmetricEigen(matrix(0, 0))).toEqual({ values: new Float64Array(0), vectors: matrix(0, 0) });
    expect(symmetricEigenvalues(matrix(0, 0))).toEqual(new Float64Array(0));
    expect(symmetricEigen(fromRows([[-3]]))).toEqual({ values: Float64Array.of(-3), vectors: fromRows([[1]]) });
    expect(() => symmetricEigen(matrix(1, 2))).toThrow('a is 1 x 2: it must be square');
    expect(() => symmetricEigenvalues(fromRows([[1, 0], [NaN, 1]]))).toThrow('a (row 1, column 0) is NaN'); // prettier-ignore
  });
});
