import type { Matrix } from '@overparam/core';
import { multiply } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { derivative, distance } from '../../test/derivative.ts';
import { randomMatrix, randomVector, uniform } from '../../test/random.ts';
import {
  logistic,
  poisson,
  rho,
  robust,
  softmaxCrossEntropy,
  squaredError,
  type Loss,
  type RhoName,
} from '../index.ts';

const next = uniform(1);
const [n, c] = [5, 3];
const weights = [0.5, 2, 0, 1, 3];
const f = randomMatrix(n, c, () => 3 * next());
const y = randomMatrix(n, c, next);
const probabilities: Matrix = { ...y, data: y.data.map((x) => (x + 1) / 2) };
const rowsOfSum1: Matrix = {
  ...y,
  data: probabilities.data.map((x, i) => {
    const row = probabilities.data.slice(i - (i % c), i - (i % c) + c);
    return x / row.reduce((sum, p) => sum + p, 0);
  }),
};
const counts: Matrix = { ...y, data: y.data.map((x) => Math.round(3 * (x + 1))) };
const robustNames = Object.keys(rho) as RhoName[];

const losses: [string, Loss][] = [
  ['squared error', squaredError(y)],
  ['weighted squared error, summed', squaredError(y, { weights, reduction: 'sum' })],
  ['logistic', logistic(probabilities, { weights })],
  ['poisson', poisson(counts, { weights })],
  ['softmax', softmaxCrossEntropy([2, 0, 1, 1, 0], { classes: 3 })],
  ['softmax of probabilities', softmaxCrossEntropy(rowsOfSum1, { weights, reduction: 'sum' })],
  ...robustNames.flatMap((name): [string, Loss][] => [
    [name, robust(name, y)],
    [`${name}, scaled`, robust(name, y, { scale: 2.5, weights, reduction: 'mean' })],
  ]),
];

describe.each(losses)('%s', (_, loss) => {
  const of = (data: Float64Array): Matrix => ({ rows: n, columns: c, data });

  it('has the gradient of its value', () => {
    const numeric = derivative((x) => [loss.value(of(x))], f.data, 1e-4).map(([x]) => x!);
    expect(distance(loss.gradient(f).data, numeric)).toBeLessThan(1e-9);
  });

  it("has a factor of its gradient's derivative, or of the positive part of it", () => {
    const S = loss.hessianFactor(f);
    expect([S.rows, S.columns]).toEqual([n * c, c]);
    const numeric = derivative((x) => loss.gradient(of(x)).data, f.data, 1e-4);
    for (let i = 0; i < n; i++) {
      const block = { rows: c, columns: c, data: S.data.slice(i * c * c, (i + 1) * c * c) };
      const H = multiply(block, block, { transposeB: true });
      const wanted = Float64Array.from({ length: c * c }, (_, at) => {
        const [k, j] = [Math.floor(at / c), at % c];
        const h = numeric[i * c + k]![i * c + j]!;
        return k === j ? Math.max(0, h) : h;
      });
      expect(distance(H.data, wanted)).toBeLessThan(1e-9);
    }
  });
});

describe('values', () => {
  it('are those of the definitions', () => {
    expect(squaredError([1, 2]).value({ rows: 2, columns: 1, data: Float64Array.of(3, 5) })).toBe((4 + 9) / 4);
    expect(squaredError([1, 2], { reduction: 'sum' }).value({ rows: 2, columns: 1, data: Float64Array.of(3, 5) })).toBe(
      6.5,
    );
    const one = (x: number): Matrix => ({ rows: 1, columns: 1, data: Float64Array.of(x) });
    expect(robust('huber', [0]).value(one(3))).toBeCloseTo(2.5, 14);
    expect(robust('huber', [0], { scale: 2 }).value(one(3))).toBeCloseTo(2 * 3 - 2, 14);
    expect(robust('tukey', [0]).value(one(30))).toBeCloseTo(1 / 6, 14);
    expect(robust('soft-l1', [0]).value(one(1e-9))).toBeCloseTo(5e-19, 30);
    expect(logistic([1]).value(one(0))).toBeCloseTo(Math.LN2, 14);
    expect(poisson([2]).value(one(0))).toBe(1);
  });

  it('stay finite at logits that are large', () => {
    const far: Matrix = { rows: 1, columns: 2, data: Float64Array.of(1e4, -1e4) };
    expect(softmaxCrossEntropy([1], { classes: 2 }).value(far)).toBe(2e4);
    expect([...softmaxCrossEntropy([1], { classes: 2 }).gradient(far).data]).toEqual([1, -1]);
    expect(logistic({ rows: 1, columns: 2, data: Float64Array.of(0, 1) }).value(far)).toBe(2e4);
  });

  it('leave out samples of weight zero, whatever they are', () => {
    const outputs: Matrix = { rows: 2, columns: 1, data: Float64Array.of(1, NaN) };
    expect(squaredError([0, 0], { weights: [1, 0] }).value(outputs)).toBe(0.25);
    expect(
      softmaxCrossEntropy([0, 1], { classes: 2, weights: [1, 0] }).value({
        rows: 2,
        columns: 2,
        data: Float64Array.of(0, 0, NaN, 1),
      }),
    ).toBeCloseTo(Math.LN2 / 2, 14);
  });

  it('refuse what is not a target', () => {
    expect(() => squaredError([1, NaN])).toThrow('The target [1] is NaN');
    expect(() => squaredError([])).toThrow('there must be one sample or more');
    expect(() => squaredError([1], { weights: [1, 2] })).toThrow('There are 2 weights and 1 samples');
    expect(() => squaredError([1], { weights: [-1] })).toThrow('weights[0] is -1');
    expect(() => squaredError([1], { reduction: 'max' as 'sum' })).toThrow(
      "reduction is \"max\": it takes 'mean' or 'sum'",
    );
    expect(() => logistic([2])).toThrow('The target is 2: it takes a probability');
    expect(() => poisson([-1])).toThrow('The target is -1: it takes a count');
    expect(() => softmaxCrossEntropy([3], { classes: 3 })).toThrow('targets[0] is 3: it takes a class from 0 to 2');
    expect(() => softmaxCrossEntropy([3])).toThrow('classes is undefined');
    expect(() => softmaxCrossEntropy(y)).toThrow('Row 0 of the targets');
    expect(() => robust('welsch' as 'huber', [0])).toThrow('rho is "welsch": it takes a function, or one of linear');
    expect(() => robust('huber', [0], { scale: 0 })).toThrow('scale is 0');
    expect(() => squaredError(randomVector(4, next)).value(f)).toThrow('The outputs are 5 x 3, and the targets 4 x 1');
  });
});
