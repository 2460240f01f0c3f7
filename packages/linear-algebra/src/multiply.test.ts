import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, EPS, exactProduct, norm, random, seed, seeded, size, transposed } from '../test/matrices.ts';
import { fromRows, gram, matrix, multiply } from './index.ts';

describe('multiply', () => {
  it('is A B, in every combination of transposes', () => {
    fc.assert(
      fc.property(size, size, size, seed, fc.boolean(), fc.boolean(), (m, n, k, s, transposeA, transposeB) => {
        const [a, b] = [random(m, k, s), random(k, n, s + 1)];
        const product = multiply(transposeA ? transposed(a) : a, transposeB ? transposed(b) : b, {
          transposeA,
          transposeB,
        });
        expect(product).toMatchObject({ rows: m, columns: n });
        expect(distance(product, exactProduct(a, b))).toBeLessThanOrEqual(k * EPS * norm(a) * norm(b));
      }),
      seeded,
    );
  });

  it('crosses the blocks of the kernel', () => {
    const [a, b] = [random(171, 517, 1), random(517, 1031, 2)];
    expect(distance(multiply(a, b), exactProduct(a, b))).toBeLessThanOrEqual(EPS * norm(a) * norm(b));
  });

  it('takes empty matrices', () => {
    expect(multiply(matrix(2, 0), matrix(0, 3))).toEqual(matrix(2, 3));
    expect(multiply(matrix(0, 4), matrix(4, 3))).toEqual(matrix(0, 3));
    expect(gram(matrix(3, 0))).toEqual(matrix(3, 3));
    expect(gram(matrix(0, 0))).toEqual(matrix(0, 0));
  });

  it('says what does not fit, and which entry is not finite', () => {
    expect(() => multiply(matrix(2, 3), matrix(2, 3))).toThrow('2 x 3 by 2 x 3');
    expect(() => multiply(fromRows([[1, 2], [3, NaN]]), matrix(2, 1))).toThrow('a (row 1, column 1) is NaN'); // prettier-ignore
    expect(() => multiply(matrix(1, 2), fromRows([[1], [-Infinity]]))).toThrow('b (row 1, column 0) is -Infinity');
  });
});

describe('gram', () => {
  it('is A A^T or A^T A, symmetric to the bit', () => {
    fc.assert(
      fc.property(size, size, seed, fc.boolean(), (m, n, s, ofColumns) => {
        const a = random(m, n, s);
        const g = gram(a, { ofColumns });
        const [left, right] = ofColumns ? [transposed(a), a] : [a, transposed(a)];
        expect(distance(g, exactProduct(left, right))).toBeLessThanOrEqual((m + n) * EPS * norm(a) ** 2);
        expect(transposed(g)).toEqual(g);
      }),
      seeded,
    );
  });
});

describe('matrix', () => {
  it('holds its data, or zeros', () => {
    const data = new Float64Array(6);
    expect(matrix(2, 3, data).data).toBe(data);
    expect(matrix(1, 2)).toEqual({ rows: 1, columns: 2, data: new Float64Array(2) });
    expect(matrix(1, 2, [3, 4]).data).toEqual(Float64Array.of(3, 4));
    expect(fromRows([])).toEqual(matrix(0, 0));
    expect(structuredClone(matrix(2, 3, data))).toEqual(matrix(2, 3, data));
  });

  it('refuses sizes that are none', () => {
    expect(() => matrix(-1, 2)).toThrow('rows is -1');
    expect(() => matrix(1, 0.5)).toThrow('columns is 0.5');
    expect(() => matrix(2, 2, [1])).toThrow('data has 1 numbers');
    expect(() => fromRows([[1, 2], [3]])).toThrow('Row 1 has 1 numbers');
    expect(() => gram({ rows: 2, columns: 2, data: new Float64Array(3) })).toThrow('a.data has 3 numbers');
    expect(() => gram({ rows: 1, columns: 1, data: [1] as unknown as Float64Array })).toThrow('no Float64Array');
  });
});
