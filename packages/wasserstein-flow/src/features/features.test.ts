import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsOf } from '../measure.ts';
import { gaussian, seeded } from '../random.ts';
import { checkFeatures } from './check-features.ts';
import { type Features } from './features.ts';
import { gaussianBumps } from './gaussian-bumps.ts';
import { neurons } from './neurons.ts';
import { pointwise } from './pointwise.ts';
import { trigonometric } from './trigonometric.ts';

const random = seeded(3);
const normal = (n: number): number[] => Array.from({ length: n }, () => gaussian(random));
const inputs = Array.from({ length: 7 }, () => normal(3));

const all: readonly Features[] = [
  trigonometric({ cutoff: 4 }),
  trigonometric({ cutoff: 7, period: 1 }),
  trigonometric({ cutoff: 2, dimension: 2 }),
  trigonometric({ cutoff: 1, dimension: 3, period: 2 }),
  ...(['relu', 'sigmoid', 'tanh', 'silu'] as const).flatMap((activation) => [
    neurons({ inputs, activation }),
    neurons({ inputs, activation, bias: true }),
  ]),
  gaussianBumps({ samples: inputs, width: 0.8 }),
  pointwise({
    name: 'a curve',
    dimension: 1,
    size: 2,
    phi: ([x], out) => out.set([x! * x!, Math.exp(x!)]),
    derivative: ([x], out) => out.set([2 * x!, Math.exp(x!)]),
  }),
];

describe.each(all.map((features, i) => ({ i, name: features.name, d: features.dimension, features })))(
  '$name in dimension $d ($i)',
  ({ features }) => {
    const { dimension: d, size: N } = features;
    const points = Array.from({ length: 5 }, () => normal(d));

    it('has the derivative that finite differences give', () => {
      expect(checkFeatures(features, { points })).toBeLessThan(1e-7);
    });

    it('pair is the adjoint of integrate and of derive', () => {
      const at = features.at(rowsOf(points, d));
      const [a, r, v] = [normal(5), normal(N), normal(5 * d)].map((x) => Float64Array.from(x)) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, entry, i) => sum + entry * y[i]!, 0);
      const { values, gradients } = at.pair(r);
      expect(dot(at.integrate(a), r)).toBeCloseTo(dot(a, values), 10);
      expect(dot(at.derive({ rows: 5, columns: d, data: v }), r)).toBeCloseTo(dot(v, gradients.data), 10);
    });

    it('gives nothing for no points', () => {
      const at = features.at({ rows: 0, columns: d, data: new Float64Array(0) });
      expect(at.integrate(new Float64Array(0))).toEqual(new Float64Array(N));
      expect(at.pair(new Float64Array(N)).values.length).toBe(0);
    });
  },
);

it('trigonometric features have the kernel of Dirichlet', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 4, maxLength: 4 }),
      (cutoff, [x1, x2, z1, z2]) => {
        const features = trigonometric({ cutoff, dimension: 2 });
        const phi = (x: number[]): Float64Array => features.at(rowsOf([x], 2)).integrate(Float64Array.of(1));
        const other = phi([z1!, z2!]);
        const kernel = phi([x1!, x2!]).reduce((sum, v, n) => sum + v * other[n]!, 0);
        const dirichlet = (t: number): number =>
          1 + 2 * Array.from({ length: cutoff }, (_, k) => Math.cos((k + 1) * t)).reduce((sum, v) => sum + v, 0);
        expect(kernel).toBeCloseTo(dirichlet(x1! - z1!) * dirichlet(x2! - z2!), 7);
      },
    ),
    { numRuns: 50, seed: 1 },
  );
});

it('relu neurons are homogeneous, and say so', () => {
  const relu = neurons({ inputs, activation: 'relu' });
  expect(relu.homogeneous).toBe(true);
  expect(neurons({ inputs, activation: 'tanh' }).homogeneous).toBe(false);
  const one = Float64Array.of(1);
  const x = normal(3);
  const phi = relu.at(rowsOf([x], 3)).integrate(one);
  const scaled = relu.at(rowsOf([x.map((v) => 4 * v)], 3)).integrate(one);
  expect(scaled).toEqual(phi.map((v) => 4 * v));
});

it('checkFeatures finds a wrong derivative, and names the coordinate', () => {
  const wrong = pointwise({
    dimension: 2,
    size: 1,
    phi: ([x, z], out) => out.set([x! * z!]),
    derivative: ([x, z], out) => out.set([z!, 2 * x!]),
  });
  expect(() => checkFeatures(wrong, { points: [[1, 2]] })).toThrowError(
    expect.objectContaining({ code: 'WRONG_DERIVATIVE', message: expect.stringMatching(/coordinate 1 at \[1, 2\]/) }),
  );
});

it.each<readonly [string, () => unknown]>([
  ['a cutoff of 0', () => trigonometric({ cutoff: 0 })],
  ['half a dimension', () => trigonometric({ cutoff: 1, dimension: 0.5 })],
  ['an infinite period', () => trigonometric({ cutoff: 1, period: Infinity })],
  ['an unknown activation', () => neurons({ inputs, activation: 'swish' as 'silu' })],
  ['no inputs', () => neurons({ inputs: [], activation: 'relu' })],
  ['no width', () => gaussianBumps({ samples: [[1]], width: 0 })],
  ['samples of several sizes', () => gaussianBumps({ samples: [[1], [1, 2]], width: 1 })],
])('%s is a bad option', (_, make) => {
  expect(make).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }));
});

it('an input that is not finite is refused', () => {
  expect(() => neurons({ inputs: [[NaN]], activation: 'relu' })).toThrowError(
    expect.objectContaining({ code: 'NOT_FINITE' }),
  );
});
