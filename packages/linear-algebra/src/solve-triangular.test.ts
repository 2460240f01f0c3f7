import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  distance,
  EPS,
  exactProduct,
  generate,
  norm,
  random,
  seed,
  seeded,
  size,
  transposed,
} from '../test/matrices.ts';
import { fromRows, matrix, solveTriangular } from './index.ts';

describe('solveTriangular', () => {
  it('solves T X = B and T^T X = B, lower and upper, with and without a unit diagonal', () => {
    const flags = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 20 }), seed, flags, (n, m, s, [upper, transpose, unitDiagonal]) => {
        const full = random(n, n, s);
        // Diagonally dominant, so that the solutions stay of the size of B.
        const triangle = generate(n, n, (i, j) =>
          i === j ? (unitDiagonal ? 1 : 2 + full.data[i * (n + 1)]!) : j < i !== upper ? full.data[i * n + j]! / n : 0,
        );
        // What must not be read is there.
        const stored = generate(n, n, (i, j) =>
          (i === j && unitDiagonal) || (i !== j && j < i === upper) ? 7 : triangle.data[i * n + j]!,
        );
        const effective = transpose ? transposed(triangle) : triangle;
        const b = random(n, m, s + 1);
        const options = { upper, transpose, unitDiagonal };
        const x = solveTriangular(stored, b, options);
        expect(distance(exactProduct(effective, x), b)).toBeLessThanOrEqual(2 * n * EPS * norm(effective) * norm(x));
        const column = Float64Array.from({ length: n }, (_, i) => b.data[i * m]!);
        const y = solveTriangular(stored, column, options);
        const residual = distance(exactProduct(effective, matrix(n, 1, y)).data, column);
        expect(residual).toBeLessThanOrEqual(2 * n * EPS * norm(effective) * norm(y));
      }),
      { ...seeded, numRuns: 100 },
    );
  });

  it('says where a diagonal is zero and what does not fit', () => {
    const t = fromRows([[1, 0], [2, 0]]); // prettier-ignore
    expect(() => solveTriangular(t, Float64Array.of(1, 2))).toThrow('t (row 1, column 1) is 0');
    expect(solveTriangular(t, Float64Array.of(1, 2), { unitDiagonal: true })).toEqual(Float64Array.of(1, 0));
    expect(() => solveTriangular(matrix(2, 3), matrix(2, 1))).toThrow('must be square');
    expect(() => solveTriangular(fromRows([[1]]), Float64Array.of(1, 2))).toThrow('b has 2 numbers');
    expect(() => solveTriangular(fromRows([[1]]), matrix(2, 2))).toThrow('b has 2 rows');
    expect(() => solveTriangular(fromRows([[1]]), Float64Array.of(NaN))).toThrow('b[0] is NaN');
    expect(solveTriangular(matrix(0, 0), matrix(0, 3))).toEqual(matrix(0, 3));
  });
});
