import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { box, circle, euclidean, sphere, torus, type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';
import { seeded, uniform } from '../random.ts';
import { gaussianHellinger } from './gaussian-hellinger.ts';
import { distanceCosts, optimalTransport } from './optimal-transport.ts';
import { sinkhorn } from './sinkhorn.ts';
import { wasserstein } from './wasserstein.ts';

const real = (from: number, to: number) => fc.double({ min: from, max: to, noNaN: true });
/** Positive measures of mass one. */
const onDomain = (point: fc.Arbitrary<number[]>, most = 7): fc.Arbitrary<Measure> =>
  fc.array(fc.tuple(point, real(0.05, 1)), { minLength: 1, maxLength: most }).map((particles) => {
    const total = particles.reduce((sum, [, mass]) => sum + mass, 0);
    return { positions: particles.map(([x]) => x), weights: particles.map(([, mass]) => mass / total) };
  });
const line = real(-3, 3).map((x) => [x]);
const plane = fc.tuple(real(-3, 3), real(-3, 3)).map((x): number[] => [...x]);
const angle = real(-10, 10).map((x) => [x]);
const exact = (mu: Measure, nu: Measure, domain: Domain, p: number): number =>
  optimalTransport(mu.weights, nu.weights, distanceCosts(mu, nu, domain, p)).cost ** (1 / p);
const diracs = (...positions: number[][]): Measure => ({
  positions,
  weights: positions.map(() => 1 / positions.length),
});
const properties = { seed: 1, numRuns: 100, endOnFailure: true };

describe('optimalTransport', () => {
  it('carries the masses, and its potentials prove that no plan is cheaper', () => {
    fc.assert(
      fc.property(onDomain(plane, 9), onDomain(plane, 9), (mu, nu) => {
        const costs = distanceCosts(mu, nu, euclidean(2), 2);
        const { cost, plan, potentials } = optimalTransport(mu.weights, nu.weights, costs);
        const sent = mu.weights.map((_, i) => plan.reduce((sum, [from, , mass]) => sum + (from === i ? mass : 0), 0));
        const taken = nu.weights.map((_, j) => plan.reduce((sum, [, to, mass]) => sum + (to === j ? mass : 0), 0));
        sent.forEach((mass, i) => expect(mass).toBeCloseTo(mu.weights[i]!, 12));
        taken.forEach((mass, j) => expect(mass).toBeCloseTo(nu.weights[j]!, 12));
        const { u, v } = potentials;
        u.forEach((left, i) => {
          v.forEach((right, j) => expect(left + right).toBeLessThanOrEqual(costs.data[i * v.length + j]! + 1e-12));
        });
        const dual =
          mu.weights.reduce((sum, a, i) => sum + a * u[i]!, 0) + nu.weights.reduce((sum, b, j) => sum + b * v[j]!, 0);
        expect(Math.abs(cost - dual)).toBeLessThan(1e-12);
      }),
      properties,
    );
  });

  it('is exact for many equal masses, which tie again and again, and for whole ones', () => {
    const whole = fc.integer({ min: 0, max: 3 });
    const masses = fc.array(whole, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(masses, masses, fc.array(whole, { minLength: 144, maxLength: 144 }), (x, y, numbers) => {
        const short = x.reduce((sum, mass) => sum + mass, 0) - y.reduce((sum, mass) => sum + mass, 0);
        const [a, b] = [
          [...x, Math.max(0, -short), 1],
          [...y, Math.max(0, short), 1],
        ];
        const costs = { rows: a.length, columns: b.length, data: Float64Array.from({ length: a.length * b.length }, (_, k) => numbers[k % 144]! - 1) }; // prettier-ignore
        const { cost, plan, potentials } = optimalTransport(a, b, costs);
        // All numbers are whole: nothing is rounded.
        expect(plan.every(([, , mass]) => Number.isInteger(mass) && mass > 0)).toBe(true);
        a.forEach((mass, i) => expect(plan.reduce((sum, [k, , g]) => sum + (k === i ? g : 0), 0)).toBe(mass));
        b.forEach((mass, j) => expect(plan.reduce((sum, [, l, g]) => sum + (l === j ? g : 0), 0)).toBe(mass));
        const { u, v } = potentials;
        u.forEach((left, i) => v.forEach((right, j) => expect(left + right).toBeLessThanOrEqual(costs.data[i * b.length + j]!))); // prettier-ignore
        expect(cost).toBe(a.reduce((sum, mass, i) => sum + mass * u[i]!, 0) + b.reduce((sum, mass, j) => sum + mass * v[j]!, 0)); // prettier-ignore
      }),
      { ...properties, numRuns: 500 },
    );
  });

  it.each([
    [200, 200, true],
    [150, 300, false],
    [400, 7, false],
  ] as const)('proves a plan of %i and %i points, of equal masses: %s', (n, m, equal) => {
    const random = seeded(n + m);
    const numbers = (count: number): number[] =>
      Array.from({ length: count }, () => (equal ? 1 : 0.01 + uniform(random)));
    const [a, b] = [numbers(n), numbers(m)];
    const total = a.reduce((sum, mass) => sum + mass, 0) / b.reduce((sum, mass) => sum + mass, 0);
    const places = (count: number): Measure => ({ positions: Array.from({ length: count }, () => [uniform(random), uniform(random)]), weights: new Array<number>(count).fill(1) }); // prettier-ignore
    const costs = distanceCosts(places(n), places(m), euclidean(2), 2);
    const { cost, plan, potentials: { u, v } } = optimalTransport(a, b.map((mass) => mass * total), costs); // prettier-ignore
    expect(plan.length).toBeLessThan(n + m);
    let worst = 0;
    u.forEach((left, i) => v.forEach((right, j) => (worst = Math.max(worst, left + right - costs.data[i * m + j]!))));
    expect(worst).toBeLessThan(1e-15);
    const dual = a.reduce((sum, mass, i) => sum + mass * u[i]!, 0) + b.reduce((sum, mass, j) => sum + mass * total * v[j]!, 0); // prettier-ignore
    expect(Math.abs(cost - dual)).toBeLessThan(1e-12 * cost);
    const sent = new Float64Array(n);
    for (const [i, , mass] of plan) sent[i]! += mass;
    const whole = a.reduce((sum, mass) => sum + mass, 0);
    a.forEach((mass, i) => expect(Math.abs(sent[i]! - mass)).toBeLessThan(1e-14 * whole));
  });

  it('is the best of all assignments of a few equal masses, with costs of either sign', () => {
    const permutations = (list: number[]): number[][] =>
      list.length === 0
        ? [[]]
        : list.flatMap((first) => permutations(list.filter((k) => k !== first)).map((rest) => [first, ...rest]));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(real(-5, 5), { minLength: 25, maxLength: 25 }),
        (n, list) => {
          const costs = { rows: n, columns: n, data: Float64Array.from(list.slice(0, n * n)) };
          const ones = Array.from({ length: n }, () => 1);
          const best = Math.min(
            ...permutations(ones.map((_, i) => i)).map((order) =>
              order.reduce((sum, j, i) => sum + costs.data[i * n + j]!, 0),
            ),
          );
          expect(optimalTransport(ones, ones, costs).cost).toBeCloseTo(best, 11);
        },
      ),
      properties,
    );
  });

  it.each([
    ['BAD_OPTION', [1, -1], [0], [0, 0], 'a[1] is -1'],
    ['BAD_OPTION', [1], [1], [NaN], 'costs[0][0] is NaN'],
    ['SHAPE_MISMATCH', [1], [1], [1, 2], '2 x 1'],
    ['UNEQUAL_MASSES', [1], [2], [1], '1 and 2'],
  ] as const)('%s', (code, a, b, costs, says) => {
    const matrix = { rows: code === 'SHAPE_MISMATCH' ? 2 : a.length, columns: 1, data: Float64Array.from(costs) };
    expect(() => optimalTransport(a, b, matrix)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    );
  });
});

describe('wasserstein', () => {
  const places: readonly (readonly [string, Domain, fc.Arbitrary<number[]>])[] = [
    ['the line', euclidean(1), line],
    ['an interval', box([-3], [3]), line],
    ['the circle', circle(), angle],
    ['a circle of period 1', circle({ period: 1 }), angle],
  ];
  it.each(places)('on %s it is the cost of the cheapest plan', (_, domain, point) => {
    fc.assert(
      fc.property(onDomain(point), onDomain(point), fc.constantFrom(1, 1.5, 2, 3), (mu, nu, p) => {
        const distance = wasserstein(mu, nu, { domain, p });
        expect(Math.abs(distance ** p - exact(mu, nu, domain, p) ** p)).toBeLessThan(1e-11 * 6 ** p);
      }),
      properties,
    );
  });

  it('is a metric: zero for the same measure, symmetric, with the triangle inequality', () => {
    for (const [domain, point] of [
      [euclidean(1), line],
      [circle(), angle],
      [torus(2), plane],
      [euclidean(2), plane],
    ] as const)
      fc.assert(
        fc.property(onDomain(point, 5), onDomain(point, 5), onDomain(point, 5), (a, b, c) => {
          const d = (mu: Measure, nu: Measure): number => wasserstein(mu, nu, { domain });
          expect(d(a, a)).toBeLessThan(1e-7);
          expect(d(a, b) ** 2).toBeCloseTo(d(b, a) ** 2, 11);
          expect(d(a, c)).toBeLessThanOrEqual(d(a, b) + d(b, c) + 1e-7);
        }),
        { ...properties, numRuns: 40 },
      );
  });

  it('of sorted sets of equal particles on the line is that of the pairs; a shift is its length', () => {
    expect(wasserstein(diracs([3], [1], [2]), diracs([2], [5], [1]), { domain: euclidean(1), p: 1 })).toBeCloseTo(
      2 / 3,
      14,
    );
    fc.assert(
      fc.property(onDomain(plane), plane, (mu, shift) => {
        const moved = { ...mu, positions: mu.positions.map((x) => x.map((v, k) => v + shift[k]!)) };
        expect(wasserstein(mu, moved, { domain: euclidean(2) })).toBeCloseTo(Math.hypot(...shift), 6);
      }),
      properties,
    );
  });

  it('goes the short way round', () => {
    expect(wasserstein(diracs([0.1]), diracs([2 * Math.PI - 0.1]), { domain: circle() })).toBeCloseTo(0.2, 12);
    expect(wasserstein(diracs([1, 0]), diracs([0, 1]), { domain: sphere(2) })).toBeCloseTo(Math.PI / 2, 12);
  });

  it('splitting a particle, and particles without mass, change nothing', () => {
    const [mu, nu] = [diracs([0], [1]), diracs([2], [4])];
    const split = { positions: [[0], [1], [0], [9]], weights: [0.2, 0.5, 0.3, 0] };
    expect(wasserstein(split, nu, { domain: euclidean(1) })).toBeCloseTo(
      wasserstein(mu, nu, { domain: euclidean(1) }),
      14,
    );
  });

  it.each([
    ['UNEQUAL_MASSES', { positions: [[0]], weights: [2] }, 'gaussianHellinger'],
    ['NEGATIVE_MASS', { positions: [[0], [1]], weights: [2, -1] }, 'weights[1] is -1'],
    ['NO_PARTICLES', { positions: [[0]], weights: [0] }, 'All weights'],
    ['NOT_FINITE', { positions: [[NaN]], weights: [1] }, 'NaN'],
  ] as const)('%s', (code, mu, says) => {
    expect(() => wasserstein(mu, diracs([0]), { domain: euclidean(1) })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    );
  });

  it('too many particles for a plan, and a bad p, are errors', () => {
    const many = diracs(...Array.from({ length: 2001 }, (_, i) => [i, 0]));
    const options = { domain: euclidean(2) };
    expect(() => wasserstein(many, many, options)).toThrow(expect.objectContaining({ code: 'TOO_MANY_PARTICLES' }));
    expect(() => wasserstein(diracs([0, 0]), diracs([1, 0]), { ...options, p: 0.5 })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });
});

describe('sinkhorn', () => {
  it('is zero for equal measures, not negative, symmetric, and goes to W_2^2', () => {
    fc.assert(
      fc.property(onDomain(plane, 5), onDomain(plane, 5), (mu, nu) => {
        const domain = euclidean(2);
        const S = (a: Measure, b: Measure, epsilon = 2): number => sinkhorn(a, b, { domain, epsilon });
        expect(Math.abs(S(mu, mu))).toBeLessThan(1e-4);
        expect(S(mu, nu)).toBeGreaterThan(-1e-4);
        expect(S(mu, nu)).toBeCloseTo(S(nu, mu), 3);
      }),
      { ...properties, numRuns: 30 },
    );
    const [mu, nu] = [diracs([0, 0], [1, 2]), diracs([3, 1], [-1, 1], [0, 2])];
    const limit = wasserstein(mu, nu, { domain: euclidean(2) }) ** 2;
    const error = [1, 0.3, 0.1, 0.03].map((epsilon) => Math.abs(sinkhorn(mu, nu, { domain: euclidean(2), epsilon }) - limit)); // prettier-ignore
    error.slice(1).forEach((now, k) => expect(now).toBeLessThan(error[k]! + 1e-9));
    expect(error.at(-1)).toBeLessThan(1e-2 * limit);
  });

  it('without debiasing adds the entropy; of two points it is known', () => {
    const [mu, nu] = [diracs([0]), diracs([3])];
    expect(sinkhorn(mu, nu, { domain: euclidean(1), epsilon: 1, debias: false })).toBeCloseTo(9, 12);
    expect(
      sinkhorn(diracs([0], [1]), diracs([0], [1]), { domain: euclidean(1), epsilon: 1, debias: false }),
    ).not.toBeCloseTo(0, 3);
  });

  it('says when it has not arrived', () => {
    const [mu, nu] = [diracs([0], [1]), diracs([0.5], [3])];
    expect(() => sinkhorn(mu, nu, { domain: euclidean(1), epsilon: 1e-3, maxIterations: 3 })).toThrow(
      expect.objectContaining({ code: 'NO_CONVERGENCE', message: expect.stringContaining('larger epsilon') }),
    );
    expect(() => sinkhorn(mu, nu, { domain: euclidean(1), epsilon: 0 })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });
});

describe('masses and distances of any size', () => {
  const unit = diracs([0, 0], [1, 0]);
  const heavy = (measure: Measure, mass: number): Measure => ({
    ...measure,
    weights: measure.weights.map((a) => a * mass),
  });
  const far = (measure: Measure, scale: number): Measure => ({
    ...measure,
    positions: measure.positions.map((x) => x.map((v) => v * scale)),
  });
  const sizes = [1e160, 1e300, 1e-160, 1e-300, 5e-324 / 2 ** -53];

  it.each(sizes)('W_p^p grows with the mass: %s', (mass) => {
    for (const [domain, pick] of [
      [euclidean(1), (x: number[]) => [x[0]!]],
      [circle(), (x: number[]) => [x[0]!]],
      [euclidean(2), (x: number[]) => x],
    ] as const)
      for (const p of [1, 2, 5]) {
        const place = (measure: Measure): Measure => ({
          ...measure,
          positions: measure.positions.map((x) => pick([...x])),
        });
        const [mu, nu] = [place(unit), place(diracs([0.5, 0], [2, 0], [0.2, 0]))];
        const one = wasserstein(mu, nu, { domain, p });
        const all = wasserstein(heavy(mu, mass), heavy(nu, mass), { domain, p });
        expect(all / (one * mass ** (1 / p))).toBeCloseTo(1, 12);
      }
  });

  it('of two masses of 1e160 at a distance of 2.2 is 2.2e80', () => {
    const at = (x: number): Measure => ({ positions: [[x]], weights: [1e160] });
    for (const domain of [euclidean(1), circle()])
      expect(wasserstein(at(0), at(2.2), { domain }) / 2.2e80).toBeCloseTo(1, 14);
  });

  it.each([1e160, 1e300, 1e-160, 1e-300])('W_p grows with the distance: %s', (scale) => {
    const [mu, nu] = [unit, diracs([0.5, 0], [2, 1], [0.2, 0])];
    for (const p of [1, 2, 50])
      for (const [domain, from, to] of [
        [euclidean(2), mu, nu],
        [euclidean(1), diracs([0], [1]), diracs([0.5], [2], [0.2])],
      ] as const) {
        const one = wasserstein(from, to, { domain, p });
        expect(wasserstein(far(from, scale), far(to, scale), { domain, p }) / (one * scale)).toBeCloseTo(1, 12);
      }
    const period = 6 * scale;
    const one = wasserstein(diracs([0], [1]), diracs([5], [2]), { domain: circle({ period: 6 }) });
    const all = wasserstein(diracs([0], [scale]), diracs([5 * scale], [2 * scale]), { domain: circle({ period }) });
    expect(all / (one * scale)).toBeCloseTo(1, 12);
  });

  it('a short way beside a long one, though its power vanishes', () => {
    const [mu, nu] = [diracs([0, 0], [1, 0]), diracs([1e-200, 0], [1, 0])];
    expect(wasserstein(mu, nu, { domain: euclidean(2) }) / (1e-200 * Math.SQRT1_2)).toBeCloseTo(1, 12);
    const [on, off] = [diracs([0], [1]), diracs([1e-200], [1])];
    for (const domain of [euclidean(1), circle()])
      expect(wasserstein(on, off, { domain }) / (1e-200 * Math.SQRT1_2)).toBeCloseTo(1, 12);
  });

  it.each([1e160, 1e-160, 1e-300])('optimalTransport with masses and costs of %s', (size) => {
    const costs = { rows: 2, columns: 2, data: Float64Array.of(1, 2, 3, 1) };
    const { cost, plan } = optimalTransport([size, 2 * size], [2 * size, size], costs);
    expect(cost / (5 * size)).toBeCloseTo(1, 12);
    expect(plan.map(([i, j, mass]) => [i, j, mass / size])).toEqual([[0, 0, 1], [1, 0, 1], [1, 1, 1]]); // prettier-ignore
    const dear = { ...costs, data: costs.data.map((c) => c * size) };
    const other = optimalTransport([1, 2], [2, 1], dear);
    expect(other.cost / (5 * size)).toBeCloseTo(1, 12);
    expect(other.potentials.u[0]! + other.potentials.v[0]!).toBeLessThanOrEqual(size);
    expect(
      optimalTransport([size, 2 * size], [2 * size, size], { ...costs, data: costs.data.map((c) => c / size) }).cost,
    ).toBeCloseTo(5, 12);
  });

  it.each(sizes)('Sinkhorn and Gaussian-Hellinger grow with the mass: %s', (mass) => {
    const [mu, nu] = [diracs([0], [1]), diracs([0.5], [2], [0.2])];
    const domain = euclidean(1);
    const S = (m: number): number => sinkhorn(heavy(mu, m), heavy(nu, m), { domain, epsilon: 0.1 });
    expect(S(mass) / mass / S(1)).toBeCloseTo(1, 10);
    const GH = (m: number): number => gaussianHellinger(heavy(mu, m), heavy(nu, m), { domain }).distance;
    expect(GH(mass) / Math.sqrt(mass) / GH(1)).toBeCloseTo(1, 10);
  });

  it('Gaussian-Hellinger of a mass that is nothing beside the other', () => {
    const at = (mass: number): Measure => ({ positions: [[1]], weights: [mass] });
    for (const small of [1e-300, 1e-160, 1e-10]) {
      const { distance, lower, upper } = gaussianHellinger(at(small), at(1e160), { domain: euclidean(1) });
      expect(distance / 1e80).toBeCloseTo(1, 6);
      expect(lower).toBeLessThanOrEqual(upper);
    }
    const { distance } = gaussianHellinger(diracs([0]), diracs([1e200]), { domain: euclidean(1), scale: 1e-200 });
    expect(distance).toBeCloseTo(Math.SQRT2, 9);
    // One iteration seemed to be enough, for b = 1 is what it begins at.
    expect(gaussianHellinger(at(0.25), at(1), { domain: euclidean(1) }).distance).toBeCloseTo(0.5, 3);
  });
});

describe('gaussianHellinger', () => {
  const domain = euclidean(1);

  it('of two particles is a + b - 2 sqrt(a b) exp(-d^2 / 2)', () => {
    fc.assert(
      fc.property(real(0.1, 2), real(0.1, 2), real(0, 3), (a, b, d) => {
        const mu = { positions: [[0]], weights: [a] };
        const nu = { positions: [[d]], weights: [b] };
        const { lower, upper, distance } = gaussianHellinger(mu, nu, { domain });
        const square = a + b - 2 * Math.sqrt(a * b) * Math.exp(-(d ** 2) / 2);
        expect(lower ** 2).toBeLessThanOrEqual(square + 1e-12);
        expect(upper ** 2).toBeGreaterThanOrEqual(square - 1e-12);
        expect(Math.abs(distance ** 2 - square)).toBeLessThan(2e-3);
      }),
      { ...properties, numRuns: 40 },
    );
  });

  it('bounds hold, and close in with epsilon, for measures of other masses', () => {
    fc.assert(
      fc.property(onDomain(line, 5), onDomain(line, 5), real(0.2, 3), (mu, nu, factor) => {
        const other = { ...nu, weights: nu.weights.map((b) => factor * b) };
        const rough = gaussianHellinger(mu, other, { domain, epsilon: 0.1 });
        const fine = gaussianHellinger(mu, other, { domain, epsilon: 0.01 });
        for (const { lower, upper } of [rough, fine]) expect(lower).toBeLessThanOrEqual(upper + 1e-12);
        expect(fine.lower).toBeLessThanOrEqual(rough.upper + 1e-12);
        expect(rough.lower).toBeLessThanOrEqual(fine.upper + 1e-12);
        expect(fine.upper ** 2 - fine.lower ** 2).toBeLessThan(0.1);
        // Destroying all and making all anew is always possible.
        expect(fine.upper ** 2).toBeLessThanOrEqual(1 + factor + 0.2);
      }),
      { ...properties, numRuns: 30 },
    );
  });

  it('far apart it is the sum of the masses, whatever the scale; at one place the difference of the roots', () => {
    const far = gaussianHellinger(diracs([0]), { positions: [[100]], weights: [3] }, { domain, scale: 2 });
    expect(far.distance ** 2).toBeCloseTo(4, 9);
    const here = gaussianHellinger(diracs([1]), { positions: [[1]], weights: [4] }, { domain });
    expect(here.distance).toBeCloseTo(1, 3);
  });

  it.each([
    ['NEGATIVE_MASS', { positions: [[0]], weights: [-1] }, {}],
    ['NO_PARTICLES', { positions: [], weights: [] }, {}],
    ['BAD_OPTION', diracs([0]), { scale: 0 }],
    ['BAD_OPTION', diracs([0]), { epsilon: Infinity }],
  ] as const)('%s', (code, mu, options) => {
    expect(() => gaussianHellinger(mu, diracs([0]), { domain, ...options })).toThrow(expect.objectContaining({ code }));
  });
});
