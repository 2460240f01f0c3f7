import { matrix } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { congruent, largestCurvature, times, transposedTimes } from './blocks.ts';
import { targetOf } from './target.ts';

const S = matrix(4, 2, [1, 2, 3, 4, 0.5, 0, 0, 1e-9]);
const dense = [
  [1, 2, 0, 0],
  [3, 4, 0, 0],
  [0, 0, 0.5, 0],
  [0, 0, 0, 1e-9],
];

describe('blocks', () => {
  it('multiply as the block-diagonal matrix that they stand for', () => {
    const x = Float64Array.of(1, -2, 3, 4);
    expect([...times(S, x)]).toEqual(dense.map((row) => row.reduce((sum, s, j) => sum + s * x[j]!, 0)));
    expect([...transposedTimes(S, x)]).toEqual(x.reduce((sum, _, i) => sum.map((v, j) => v + dense[i]![j]! * x[i]!), [0, 0, 0, 0])); // prettier-ignore
    expect(times(null, x)).toBe(x);
    const K = matrix(
      4,
      4,
      Float64Array.from({ length: 16 }, (_, at) => 1 / (1 + Math.floor(at / 4) + (at % 4))),
    );
    const SKS = congruent(S, K);
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 4; j++) {
        let sum = 0;
        for (let a = 0; a < 4; a++)
          for (let b = 0; b < 4; b++) sum += dense[a]![i]! * K.data[4 * a + b]! * dense[b]![j]!;
        expect(SKS.data[4 * i + j]).toBeCloseTo(sum, 12);
      }
    expect(largestCurvature(S)).toBe(25);
    expect(largestCurvature(null)).toBe(1);
  });
});

describe('targetOf', () => {
  it('divides by S where it can, and leaves the rest', () => {
    const { u, rest } = targetOf(S, Float64Array.of(5, 11, 1, 7));
    expect([...u].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([1, 2, 2, 0]);
    expect([...rest!]).toEqual([0, 0, 0, 7]);
    expect(targetOf(S, Float64Array.of(5, 11, 1, 0)).rest).toBe(null);
    expect(targetOf(matrix(2, 1), Float64Array.of(3, 0)).rest).toEqual(Float64Array.of(3, 0));
  });

  it('takes a diagonal block for what it is', () => {
    const { u, rest } = targetOf(matrix(4, 2, [2, 0, 0, 4, 1, 0, 0, 1e-9]), Float64Array.of(6, 8, 3, 5));
    expect([...u]).toEqual([3, 2, 3, 0]);
    expect([...rest!]).toEqual([0, 0, 0, 5]);
  });

  it('has u of least norm where S is singular', () => {
    const { u, rest } = targetOf(matrix(2, 2, [1, 1, 1, 1]), Float64Array.of(2, 2));
    expect(u[0]).toBeCloseTo(1, 12);
    expect(u[1]).toBeCloseTo(1, 12);
    expect(rest).toBe(null);
  });
});
