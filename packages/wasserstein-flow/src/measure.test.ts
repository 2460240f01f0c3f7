import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternatingGrid, randomSpikes } from './deconvolution.ts';
import { box, circle, euclidean, sphere, torus } from './domain.ts';
import { grid, onSphere, scattered } from './initial.ts';
import { checkMeasure, fromRadii, toRadii, totalVariationOf, type Measure } from './measure.ts';
import { merge, prune } from './merge.ts';

const measures = (d: number): fc.Arbitrary<Measure> =>
  fc
    .array(
      fc.tuple(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: d, maxLength: d }),
        fc.double({ min: -2, max: 2, noNaN: true }),
      ),
      { minLength: 1, maxLength: 12 },
    ) // prettier-ignore
    .map((particles) => ({ positions: particles.map(([x]) => x), weights: particles.map(([, a]) => a) }));

it('JSON keeps a measure', () => {
  const measure = randomSpikes({ seed: 1 });
  expect(JSON.parse(JSON.stringify(measure))).toEqual(measure);
});

it('radii and weights are two descriptions of one measure', () => {
  fc.assert(
    fc.property(measures(2), (measure) => {
      const { weights } = fromRadii(toRadii(measure));
      weights.forEach((a, i) => expect(a).toBeCloseTo(measure.weights[i]!, 13));
    }),
    { seed: 1 },
  );
});

describe('checkMeasure', () => {
  const plane = euclidean(2);
  it.each<readonly [string, string, Measure, Parameters<typeof checkMeasure>[1]]>([
    ['no particles', 'NO_PARTICLES', { positions: [], weights: [] }, { domain: plane }],
    ['a weight too few', 'SHAPE_MISMATCH', { positions: [[1, 2]], weights: [] }, { domain: plane }],
    ['a point of another dimension', 'SHAPE_MISMATCH', { positions: [[1]], weights: [1] }, { domain: plane }],
    ['NaN in a position', 'NOT_FINITE', { positions: [[1, NaN]], weights: [1] }, { domain: plane }],
    ['an infinite weight', 'NOT_FINITE', { positions: [[1, 2]], weights: [-Infinity] }, { domain: plane }],
    ['a point outside of a box', 'OUTSIDE_DOMAIN', { positions: [[2]], weights: [1] }, { domain: box([0], [1]) }],
    ['a point off the sphere', 'OUTSIDE_DOMAIN', { positions: [[1, 1]], weights: [1] }, { domain: sphere(2) }],
    ['negative mass', 'NEGATIVE_MASS', { positions: [[1, 2]], weights: [-1] }, { domain: plane, positive: true }],
  ])('%s: %s', (_, code, measure, options) => {
    expect(() => checkMeasure(measure, options)).toThrowError(expect.objectContaining({ code }));
  });

  it('names the value and the remedy', () => {
    expect(() => checkMeasure({ positions: [[0, 2]], weights: [1] }, { domain: sphere(2) })).toThrowError(
      'positions[0] is [0, 2], outside of the domain, the unit sphere of R^2: divide it by its norm.',
    );
  });
});

describe('merge and prune', () => {
  it('keep the mass of every place, and leave no two particles closer than the distance', () => {
    fc.assert(
      fc.property(measures(1), fc.double({ min: 0.01, max: 2, noNaN: true }), (measure, distance) => {
        const domain = circle();
        const merged = merge(measure, { domain, distance });
        const sum = (weights: readonly number[]): number => weights.reduce((total, a) => total + a, 0);
        expect(sum(merged.weights)).toBeCloseTo(sum(measure.weights), 12);
        merged.positions.forEach((x, i) => {
          expect(measure.positions).toContain(x);
          merged.positions.slice(0, i).forEach((z) => expect(domain.distance(x, z)).toBeGreaterThanOrEqual(distance));
        });
        expect(totalVariationOf(merged)).toBeLessThanOrEqual(totalVariationOf(measure) + 1e-12);
      }),
      { seed: 1 },
    );
  });

  it('the heaviest particle says where', () => {
    const measure = { positions: [[0.1], [0], [3]], weights: [1, -2, 0.5] };
    const merged = merge(measure, { domain: circle(), distance: 0.2 });
    expect(merged).toEqual({ positions: [[0], [3]], weights: [-1, 0.5] });
    expect(prune(merged, { below: 0.5 })).toEqual({ positions: [[0]], weights: [-1] });
  });

  it('bad options', () => {
    const measure = { positions: [[0]], weights: [1] };
    const code = expect.objectContaining({ code: 'BAD_OPTION' });
    expect(() => merge(measure, { domain: circle(), distance: 0 })).toThrowError(code);
    expect(() => prune(measure, { below: NaN })).toThrowError(code);
  });
});

describe('starts', () => {
  it('a grid of a torus begins at 0 and does not repeat the period; that of a box has both ends', () => {
    expect(grid({ domain: circle({ period: 1 }), perAxis: 4 })).toEqual({
      positions: [[0], [0.25], [0.5], [0.75]],
      weights: [0, 0, 0, 0],
    });
    expect(grid({ domain: box([0, 0], [1, 2]), perAxis: 2, weight: 1 })).toEqual({
      positions: [
        [0, 0],
        [0, 2],
        [1, 0],
        [1, 2],
      ],
      weights: [0.25, 0.25, 0.25, 0.25],
    });
    expect(grid({ domain: torus(2), perAxis: 10 }).positions.length).toBe(100);
    expect(() => grid({ domain: euclidean(1), perAxis: 3 })).toThrowError(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });

  it('a sphere of particles has their radius, and the same seed the same particles', () => {
    const start = onSphere({ particles: 20, dimension: 2, radius: 2, seed: 7 });
    start.positions.forEach((x, i) => expect(Math.hypot(...x, 20 * start.weights[i]!)).toBeCloseTo(2, 12));
    expect(onSphere({ particles: 20, dimension: 2, radius: 2, seed: 7 })).toEqual(start);
    expect(onSphere({ particles: 20, dimension: 2, radius: 2, seed: 8 })).not.toEqual(start);
  });

  it('scattered particles are Gaussian of the deviation given', () => {
    const { positions } = scattered({ domain: euclidean(1), particles: 4000, deviation: 3, seed: 1 });
    const square = positions.reduce((sum, [x]) => sum + x! * x!, 0) / 4000;
    expect(Math.abs(square / 9 - 1)).toBeLessThan(0.1);
  });

  it('alternating radii, and random spikes apart, of total variation 1', () => {
    expect(toRadii(alternatingGrid(4)).radii.map((r) => Math.round(r * 2))).toEqual([-1, 1, -1, 1]);
    for (let seed = 0; seed < 20; seed++) {
      const { positions, weights } = randomSpikes({ seed });
      expect(weights.reduce((sum, a) => sum + Math.abs(a), 0)).toBeCloseTo(1, 12);
      positions.forEach((x, i) =>
        positions.slice(0, i).forEach((z) => expect(circle().distance(x, z)).toBeGreaterThanOrEqual(0.2)),
      );
    }
    expect(() => randomSpikes({ seed: 0, spikes: 30 })).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
