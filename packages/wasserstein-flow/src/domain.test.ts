import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { box, circle, euclidean, sphere, torus, type Domain } from './domain.ts';
import { rowsOf } from './measure.ts';
import { seeded } from './random.ts';

const domains: readonly Domain[] = [
  euclidean(3),
  circle(),
  torus(2, { period: 1 }),
  box([0, -1], [1, 1]),
  sphere(3),
  sphere(2),
];

const moved = (domain: Domain, x: readonly number[], v: readonly number[], tau = 1): number[] => {
  const at = rowsOf([x], domain.dimension);
  const along = rowsOf([v], domain.dimension);
  domain.tangent(at, along);
  domain.exponential(at, along, tau);
  return Array.from(at.data);
};

describe.each(domains.map((domain) => ({ name: domain.name, domain })))('$name', ({ domain }) => {
  const { dimension: d } = domain;
  const velocity = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: d, maxLength: d });
  const seed = fc.integer({ min: 0, max: 1000 });

  it('exponentials stay in the domain, and go no further than the velocity is long', () => {
    fc.assert(
      fc.property(seed, velocity, (s, v) => {
        const x = domain.random(seeded(s));
        expect(domain.contains(x)).toBe(true);
        const to = moved(domain, x, v);
        expect(domain.contains(to)).toBe(true);
        expect(domain.distance(x, to)).toBeLessThanOrEqual(Math.hypot(...v) + 1e-12);
      }),
      { seed: 1 },
    );
  });

  it('a short step goes as far as the tangent velocity is long', () => {
    fc.assert(
      fc.property(seed, velocity, (s, v) => {
        const x = domain.random(seeded(s));
        const at = rowsOf([x], d);
        const tangent = rowsOf([v], d);
        domain.tangent(at, tangent);
        const length = Math.hypot(...tangent.data);
        fc.pre(length > 1e-3);
        expect(domain.distance(x, moved(domain, x, v, 1e-6)) / (1e-6 * length)).toBeCloseTo(1, 3);
      }),
      { seed: 2 },
    );
  });

  it('free directions are orthonormal and tangent', () => {
    const x = domain.random(seeded(5));
    const basis = domain.free(
      x,
      x.map(() => 0.1),
    );
    basis.forEach((e, i) => {
      basis.forEach((f, j) => expect(e.reduce((sum, v, k) => sum + v * f[k]!, 0)).toBeCloseTo(i === j ? 1 : 0, 12));
      const at = rowsOf([x], d);
      const tangent = rowsOf([e], d);
      domain.tangent(at, tangent);
      tangent.data.forEach((v, k) => expect(v).toBeCloseTo(e[k]!, 12));
    });
    expect(basis.length).toBe(domain.curvature === undefined ? d : d - 1);
  });
});

it('distances on the circle are those of the nearest representatives', () => {
  expect(circle().distance([0.1], [2 * Math.PI - 0.1])).toBeCloseTo(0.2, 12);
  expect(torus(2, { period: 1 }).distance([0, 7.9], [0, 0])).toBeCloseTo(0.1, 12);
});

it('on a wall of a box, what points outward is taken away', () => {
  const domain = box([0, 0], [1, 1]);
  expect(moved(domain, [0, 0.5], [-1, 0.1])).toEqual([0, 0.6]);
  expect(domain.free([0, 0.5], [-1, 0.1])).toEqual([[0, 1]]);
  expect(domain.free([0, 0.5], [1, 0.1])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

it('half of a great circle leads to the opposite point', () => {
  const to = moved(sphere(3), [0, 0, 1], [Math.PI, 0, 5]);
  [0, 0, -1].forEach((v, k) => expect(to[k]).toBeCloseTo(v, 12));
});

it.each<readonly [string, () => unknown]>([
  ['dimension 0', () => euclidean(0)],
  ['a sphere of dimension 1', () => sphere(1)],
  ['a period of 0', () => circle({ period: 0 })],
  ['a box of no volume', () => box([0], [0])],
  ['corners of two sizes', () => box([0], [1, 2])],
])('%s is a bad option', (_, make) => {
  expect(make).toThrowError(expect.objectContaining({ code: 'BAD_OPTION' }));
});
