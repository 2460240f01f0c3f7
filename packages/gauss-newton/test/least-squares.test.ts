import { leastSquares as linearLeastSquares, matrix, multiply, type Matrix } from '@overparam/linear-algebra';
import { fitCurve, leastSquares, type LeastSquaresOptions } from '@overparam/gauss-newton';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classics } from './least-squares-classics.ts';
import { norm, product, randomMatrix, uniform, vector } from './problems.ts';

const seeded = { seed: 20261125, numRuns: 40 } as const;
const tight = { gradientTolerance: null, stepTolerance: 1e-14, costTolerance: 1e-20 } satisfies LeastSquaresOptions;
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!) / Math.max(1, Math.abs(b[i]!))));

/** A decay with a floor, and two outliers. */
const t = Float64Array.from({ length: 12 }, (_, i) => i / 2);
const errors = [1, -1, 1, 1, -1, -1, 1, -1, 1, -1, -1, 1];
const y = t.map((s, i) => 3 * Math.exp(-0.7 * s) + 0.5 + 0.05 * errors[i]! + (i === 3 ? 2 : 0) - (i === 8 ? 1.5 : 0));
const decay = ([a, b, c]: Float64Array): Float64Array => t.map((s, i) => a! * Math.exp(-b! * s) + c! - y[i]!);
const decayJacobian = ([a, b]: Float64Array): number[][] =>
  Array.from(t, (s) => [Math.exp(-b! * s), -a! * s * Math.exp(-b! * s), 1]);
const start = [2.5, 0.6, 0.4];

describe('on linear residuals', () => {
  const linear = fc.record({
    extra: fc.integer({ min: 0, max: 6 }),
    P: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat(),
  });

  it('is the least-squares solution, from one full step', () => {
    fc.assert(
      fc.property(linear, ({ extra, P, seed }) => {
        const next = uniform(seed);
        const A = randomMatrix(P + extra, P, next);
        const b = vector(P + extra, next);
        const residuals = (x: Float64Array): Float64Array => product(A, x).map((value, i) => value - b[i]!);
        const far = vector(P, next).map((x) => 100 * x);
        const { solution } = linearLeastSquares(A, b);
        const wanted = norm(residuals(solution)) ** 2 / 2;
        const { cost, converged, iterations, optimality } = leastSquares(residuals, far, { jacobian: () => A });
        expect(converged).toBe(true);
        expect(cost).toBeLessThanOrEqual(wanted * (1 + 1e-8) + 1e-16);
        expect(optimality).toBeLessThan(1e-6);
        // The first radius is |D x|: it takes the solution in, or nearly.
        expect(iterations).toBeLessThanOrEqual(4);
      }),
      seeded,
    );
  });

  it('interpolates where there are more parameters than residuals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), fc.nat(), (N, extra, seed) => {
        const next = uniform(seed);
        const A = randomMatrix(N, N + extra, next);
        const b = vector(N, next);
        const residuals = (x: Float64Array): Float64Array => product(A, x).map((value, i) => value - b[i]!);
        const found = leastSquares(residuals, vector(N + extra, next), { jacobian: () => A });
        expect(found.cost).toBeLessThan(1e-12);
        expect(found.covariance).toBeNull();
        expect(found.rank).toBeLessThanOrEqual(N);
        expect(found.degreesOfFreedom).toBe(-extra);
        expect(found.residualStandardDeviation).toBeNaN();
      }),
      seeded,
    );
  });

  it('has the covariance of linear regression', () => {
    const next = uniform(3);
    const A = randomMatrix(9, 3, next);
    const b = vector(9, next);
    const found = leastSquares((x) => product(A, x).map((v, i) => v - b[i]!), [1, 1, 1], { jacobian: () => A });
    const s2 = (2 * found.cost) / 6;
    const information = multiply(A, A, { transposeA: true });
    const one = multiply(information, found.covariance!);
    one.data.forEach((x, i) => expect(x).toBeCloseTo(i % 4 === 0 ? s2 : 0, 12));
    expect(found.residualStandardDeviation).toBeCloseTo(Math.sqrt(s2), 14);
    expect(found.degreesOfFreedom).toBe(6);
    found.standardErrors!.forEach((error, j) => expect(error ** 2).toBeCloseTo(found.covariance!.data[4 * j]!, 14));
  });
});

describe('invariances', () => {
  it('takes the same steps to the bit in other units, and nearly so in other coordinates', () => {
    const units = [2 ** 20, 2 ** -13, 2 ** 7];
    const plain = leastSquares(decay, start, { jacobian: decayJacobian, history: true });
    const changed = leastSquares(
      (u) => decay(u.map((x, j) => x * units[j]!)),
      start.map((x, j) => x / units[j]!),
      {
        jacobian: (u) => decayJacobian(u.map((x, j) => x * units[j]!)).map((row) => row.map((x, j) => x * units[j]!)),
        history: true,
      },
    );
    expect(changed.parameters.map((x, j) => x * units[j]!)).toEqual(plain.parameters);
    expect(changed.history.map(({ cost }) => cost)).toEqual(plain.history.map(({ cost }) => cost));
  });

  it('reaches the same point through any linear change of the parameters', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const next = uniform(seed);
        const S = randomMatrix(3, 3, next);
        for (let j = 0; j < 3; j++) S.data[4 * j]! += 3;
        const u0 = linearLeastSquares(S, Float64Array.from(start)).solution;
        const plain = leastSquares(decay, start, { jacobian: decayJacobian, ...tight });
        const changed = leastSquares((u) => decay(product(S, u)), u0, tight);
        expect(apart(product(S, changed.parameters), plain.parameters)).toBeLessThan(1e-7);
      }),
      { ...seeded, numRuns: 10 },
    );
  });

  it('weights residuals as if they were scaled by the root, under any loss', () => {
    const weights = t.map((_, i) => 2 ** (2 * ((i % 5) - 2)));
    for (const loss of ['linear', 'huber', 'cauchy'] as const) {
      const options = { loss, lossScale: 0.1, history: true };
      const weighted = leastSquares(decay, start, { ...options, jacobian: decayJacobian, weights });
      const scaled = leastSquares((x) => decay(x).map((r, i) => r * Math.sqrt(weights[i]!)), start, {
        ...options,
        jacobian: (x) => decayJacobian(x).map((row, i) => row.map((d) => d * Math.sqrt(weights[i]!))),
      });
      expect(weighted.parameters).toEqual(scaled.parameters);
      expect(weighted.history).toEqual(scaled.history);
    }
  });

  it('leaves out what has weight zero', () => {
    const weights = t.map((_, i) => (i === 3 || i === 8 ? 0 : 1));
    const some = [...t.keys()].filter((i) => weights[i] === 1);
    const all = leastSquares(decay, start, { ...tight, weights });
    const fewer = leastSquares((x) => some.map((i) => decay(x)[i]!), start, tight);
    expect(apart(all.parameters, fewer.parameters)).toBeLessThan(1e-8);
    expect(apart(all.parameters, [3, 0.7, 0.5])).toBeLessThan(0.1);
  });

  it('does not depend on the order of the residuals', () => {
    const plain = leastSquares(decay, start, tight);
    const turned = leastSquares((x) => decay(x).reverse(), start, tight);
    expect(apart(turned.parameters, plain.parameters)).toBeLessThan(1e-8);
  });
});

/** scipy.optimize.least_squares 1.10, jac analytic, f_scale 0.1, ftol = xtol = 1e-15, gtol = 1e-13. */
const scipy = {
  linear: [3.9786033, 0.3586578, -0.4092417, 2.6502932202964],
  'soft-l1': [3.10227998, 0.66996026, 0.43023356, 0.33769385756159],
  huber: [3.08044084, 0.6807647, 0.44883208, 0.34866775312512],
  cauchy: [3.0566676207, 0.7181776113, 0.4832553166, 0.065864729331119],
  arctan: [3.047707553, 0.721447532, 0.490848031, 0.025651434200337],
} as const;

describe('robust losses', () => {
  it.each(Object.entries(scipy))('%s has the minimum that scipy finds', (loss, [a, b, c, cost]) => {
    const found = leastSquares(decay, start, {
      ...tight,
      jacobian: decayJacobian,
      loss: loss as keyof typeof scipy,
      lossScale: 0.1,
    });
    expect(Math.abs(found.cost / cost - 1)).toBeLessThan(1e-12);
    expect(apart(found.parameters, [a, b, c])).toBeLessThan(1e-7);
    expect(found.optimality).toBeLessThan(1e-9);
  });

  it("finds the truth behind outliers with Tukey's biweight, and takes a function for rho", () => {
    const found = leastSquares(decay, start, { loss: 'tukey', lossScale: 0.4 });
    expect(apart(found.parameters, [3, 0.7, 0.5])).toBeLessThan(0.05);
    const own = leastSquares(decay, start, {
      loss: (z) => [Math.log1p(z), 1 / (1 + z), -1 / (1 + z) ** 2],
      lossScale: 0.1,
    });
    expect(Math.abs(own.cost / scipy.cauchy[3] - 1)).toBeLessThan(1e-8);
  });

  it('has the gradient of its cost', () => {
    for (const loss of ['linear', 'huber', 'soft-l1', 'cauchy', 'arctan', 'tukey'] as const) {
      const at = (x: ArrayLike<number>): ReturnType<typeof leastSquares> =>
        leastSquares(decay, x, { loss, lossScale: 0.7, weights: t.map((_, i) => 1 + (i % 3)), maxEvaluations: 1, onStep: () => false, signal: AbortSignal.abort() }); // prettier-ignore
      const { gradient } = at(start);
      gradient.forEach((g, j) => {
        const moved = (h: number): number => at(start.map((x, i) => (i === j ? x + h : x))).cost;
        expect(Math.abs(g - (moved(1e-5) - moved(-1e-5)) / 2e-5)).toBeLessThan(1e-7);
      });
    }
  });
});

describe('bounds', () => {
  it('finds the solutions that scipy finds', () => {
    const exact = { ...tight, jacobian: decayJacobian };
    const upper = [2, Infinity, 1];
    const one = leastSquares(decay, [1.5, 0.9, 0.1], { ...exact, bounds: { lower: [0, 0.8, 0], upper } });
    expect([...one.parameters.slice(0, 2)]).toEqual([2, 0.8]);
    expect(Math.abs(one.parameters[2]! - 0.8741541861249)).toBeLessThan(1e-10);
    expect(Math.abs(one.cost / 4.3040163005845 - 1)).toBeLessThan(1e-12);
    expect([...one.activeBounds]).toEqual([1, -1, 0]);
    expect(one.degreesOfFreedom).toBe(11);
    expect([...one.standardErrors!].map((error) => error > 0)).toEqual([false, false, true]);
    expect(one.rank).toBe(1);

    const other = leastSquares(decay, [1.5, 0.2, 0.1], {
      ...exact,
      bounds: { lower: [0, 0, -Infinity], upper: [Infinity, 0.3, 0.2] },
    });
    expect(apart(other.parameters, [4.22224208292, 0.3, -0.732931616315])).toBeLessThan(1e-9);
    expect([...other.activeBounds]).toEqual([0, 1, 0]);
    const valley = leastSquares(classics.rosenbrock.residuals, [2, 2], { bounds: { lower: [-Infinity, 1.5] } });
    expect(apart(valley.parameters, [1.22437075, 1.5])).toBeLessThan(1e-6);
  });

  it('ends where no feasible direction descends, and never looks outside', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('2-point', '3-point'), (seed, jacobian) => {
        const next = uniform(seed);
        const lower = [2, 0.2, -1].map((x) => x + next());
        const upper = lower.map((x) => x + 0.05 + Math.abs(next()));
        const from = lower.map((x, j) => x + ((upper[j]! - x) * (1 + next())) / 2);
        const found = leastSquares(
          (x) => {
            x.forEach((xj, j) => {
              if (xj < lower[j]! || xj > upper[j]!) throw new Error(`parameter ${j} is outside its bounds: ${xj}`);
            });
            return decay(x);
          },
          from,
          { bounds: { lower, upper }, jacobian, costTolerance: 1e-14 },
        );
        expect(found.converged).toBe(true);
        found.gradient.forEach((g, j) => {
          if (found.activeBounds[j] === 0) expect(Math.abs(g)).toBeLessThan(1e-3);
          else expect(g * found.activeBounds[j]!).toBeLessThanOrEqual(0);
        });
      }),
      seeded,
    );
  });

  it('begins at a bound, and leaves it', () => {
    const found = leastSquares(decay, [0, 0, 0], { ...tight, bounds: { lower: 0 } });
    expect(found.parameters[0]).toBeGreaterThan(2);
    expect(found.converged).toBe(true);
    expect(found.activeBounds[2]).toBe(-1);
  });

  it('holds a parameter whose bounds are equal', () => {
    const found = leastSquares(decay, [2.5, 0.5, 0.4], {
      ...tight,
      bounds: { lower: [-9, 0.5, -9], upper: [9, 0.5, 9] },
    });
    const two = leastSquares(([a, c]) => decay(Float64Array.of(a!, 0.5, c!)), [2.5, 0.4], tight);
    expect(found.parameters[1]).toBe(0.5);
    expect(apart(found.parameters, [two.parameters[0]!, 0.5, two.parameters[1]!])).toBeLessThan(1e-8);
    expect(apart(found.standardErrors!, [two.standardErrors![0]!, 0, two.standardErrors![1]!])).toBeLessThan(1e-7);
  });

  it('says which bounds are none', () => {
    const fit = (bounds: LeastSquaresOptions['bounds']): unknown => leastSquares(decay, start, { bounds: bounds! });
    expect(() => fit({ lower: 1, upper: 0 })).toThrow('bounds of parameter 0 is "1 to 0"');
    expect(() => fit({ lower: NaN })).toThrow('bounds of parameter 0 is "NaN to Infinity"');
    expect(() => fit({ lower: [3, 0, 0] })).toThrow(
      'start[0] is 2.5: it takes a number from 3 to Infinity, its bounds.',
    );
    expect(() => fit({ upper: [3] })).toThrow('bounds.upper has 1 numbers, and there are 3 parameters.');
  });
});

describe('classical problems', () => {
  describe.each(Object.entries(classics))('%s', (_, { residuals, starts, minima }) => {
    it.each(starts.map((from) => [from]))('from %j', (from) => {
      const { cost, converged } = leastSquares(residuals, from);
      expect(converged).toBe(true);
      expect(Math.min(...minima.map((f) => Math.abs(2 * cost - f) / Math.max(f, 1)))).toBeLessThan(1e-8);
    });
  });
});

describe('trouble on the way', () => {
  it('shortens steps that lead to where the cost is not finite', () => {
    // ln x is not defined where the full step leads.
    for (const beyond of [NaN, Infinity, -Infinity]) {
      const found = leastSquares(([x]) => [x! > 0 ? Math.log(x!) - 5 : beyond], [1e-3], tight);
      expect(Math.abs(found.parameters[0]! / Math.exp(5) - 1)).toBeLessThan(1e-10);
    }
    const wall = leastSquares(([x]) => [x! < 1 ? x! - 3 : NaN], [0], { jacobian: () => [[1]] });
    expect(wall.parameters[0]).toBeGreaterThan(0.999);
    expect(wall.parameters[0]).toBeLessThan(1);
  });

  it('shortens steps that lead to where derivatives are not finite', () => {
    const found = leastSquares(([x]) => [x! - 3], [0], { jacobian: ([x]) => [[x! > 2 && x! < 2.9 ? NaN : 1]] });
    expect(found.parameters[0]).toBeCloseTo(3, 12);
    const blocked = leastSquares(([x]) => [x! - 3], [1], { jacobian: ([x]) => [[x! > 2 ? Infinity : 1]] });
    expect(blocked.parameters[0]).toBeGreaterThan(1.99);
    expect(blocked.parameters[0]).toBeLessThanOrEqual(2);
    expect([...blocked.jacobian.data]).toEqual([1]);
  });

  it('has derivatives by differences of parameters that are zero, or nearly', () => {
    const exact = t.map((s) => 3 * Math.exp(-0.7 * s));
    for (const [jacobian, digits] of [
      ['2-point', 1e-7],
      ['3-point', 1e-9],
    ] as const)
      // prettier-ignore
      for (const options of [{}, tight]) {
        const model = ([a, b, c]: Float64Array): Float64Array => t.map((s, i) => a! * Math.exp(-b! * s) + c! - exact[i]!);
        const found = leastSquares(model, [1, 1, 1], { ...options, jacobian });
        expect(apart(found.parameters, [3, 0.7, 0])).toBeLessThan(digits);
        expect(found.rank).toBe(3);
        const wanted = decayJacobian(found.parameters).flat();
        expect(apart(found.jacobian.data, wanted)).toBeLessThan(100 * digits);
      }
    // From a bound, with a hair's breadth of room below.
    const bounded = leastSquares(([a, b]) => [a! - 2, b! - 3, a! * b! - 6], [1, 1e-12 + 1], { bounds: { lower: 1 } });
    expect(apart(bounded.parameters, [2, 3])).toBeLessThan(1e-8);
  });

  it('stops at a Jacobian of zeros, and where a parameter does nothing', () => {
    const flat = leastSquares(() => [1, 2], [5, 6]);
    expect(flat).toMatchObject({ stopped: 'gradient', converged: false, cost: 2.5, rank: 0, covariance: null });
    expect(flat.message).toContain('parameters 0, 1 had no effect on the residuals, and did not move');
    expect([...flat.parameters]).toEqual([5, 6]);
    const idle = leastSquares(([a]) => [a! - 1, a! + 1, 2 * a! - 1], [9, 7], tight);
    expect(idle.parameters[0]).toBeCloseTo(1 / 3, 10);
    expect(idle.parameters[1]).toBe(7);
    expect(idle).toMatchObject({ rank: 1, covariance: null, standardErrors: null, converged: false });
    expect(idle.message).toContain('parameter 1 had no effect');
  });

  it('survives parameters that only count together', () => {
    const found = leastSquares(([a, b]) => t.map((s, i) => a! * b! * s - y[i]!), [1, 1], tight);
    const single = leastSquares(([c]) => t.map((s, i) => c! * s - y[i]!), [1], tight);
    expect(found.cost).toBeCloseTo(single.cost, 12);
    expect(found).toMatchObject({ rank: 1, covariance: null, converged: false });
    expect(found.message).toContain('rank 1 in 2 free parameters');
    expect(found.covarianceNote).toContain('rank 1 in 2 free parameters');
  });

  it('says so when the Jacobian points the wrong way', () => {
    const found = leastSquares(decay, start, { jacobian: (x) => decayJacobian(x).map((row) => row.map((d) => -d)), stepTolerance: null }); // prettier-ignore
    expect(found).toMatchObject({ stopped: 'no-decrease', converged: false, iterations: 0 });
    expect([...found.parameters]).toEqual(start);
  });

  it('passes on what the residuals throw', () => {
    let calls = 0;
    const fails = (x: Float64Array): Float64Array => {
      if (++calls === 9) throw new Error('no more');
      return decay(x);
    };
    expect(() => leastSquares(fails, start)).toThrow('no more');
  });

  it('never changes what it was given, and takes buffers that are used again', () => {
    const from = Float64Array.from(start);
    const buffer = new Float64Array(t.length);
    const J = matrix(t.length, 3);
    const found = leastSquares(
      (x) => {
        buffer.set(decay(x));
        x.fill(NaN);
        return buffer;
      },
      from,
      {
        jacobian: (x): Matrix => {
          J.data.set(decayJacobian(x).flat());
          x.fill(NaN);
          return J;
        },
      },
    );
    expect([...from]).toEqual(start);
    expect(found.parameters).toEqual(leastSquares(decay, start, { jacobian: decayJacobian }).parameters);
    buffer.fill(7);
    expect([...found.residuals]).toEqual([...decay(found.parameters)]);
  });
});

describe('stopping', () => {
  it('by each tolerance', () => {
    const none = { gradientTolerance: null, stepTolerance: null, costTolerance: null };
    const fit = (options: LeastSquaresOptions): ReturnType<typeof leastSquares> =>
      leastSquares(decay, start, { ...none, jacobian: decayJacobian, ...options });
    const gradient = fit({ gradientTolerance: 1e-6 });
    expect(gradient).toMatchObject({
      stopped: 'gradient',
      converged: true,
      message: 'The gradient is within gradientTolerance.',
    });
    // MINPACK's test: the cosine between the residuals and each column.
    const { jacobian: J, residuals: r } = gradient;
    for (let j = 0; j < 3; j++) {
      const column = Float64Array.from({ length: J.rows }, (_, i) => J.data[3 * i + j]!);
      const inner = column.reduce((sum, x, i) => sum + x * r[i]!, 0);
      expect(Math.abs(inner) / (norm(column) * norm(r))).toBeLessThanOrEqual(1e-6);
    }
    expect(fit({ costTolerance: 1e-6 })).toMatchObject({ stopped: 'cost', converged: true });
    expect(fit({ stepTolerance: 1e-6 })).toMatchObject({ stopped: 'step', converged: true });
    expect(fit({})).toMatchObject({ stopped: 'no-decrease', converged: false });
    expect(fit({ maxEvaluations: 3 })).toMatchObject({ stopped: 'evaluations', converged: false, evaluations: 3 });
    const best = leastSquares(decay, gradient.parameters, { jacobian: decayJacobian, gradientTolerance: 1e-5 });
    expect(best).toMatchObject({ stopped: 'gradient', iterations: 0, evaluations: 1, jacobianEvaluations: 1 });
  });

  it('counts, tells every trial, and never goes up', () => {
    let calls = 0;
    const told: number[] = [];
    const found = leastSquares((x) => (calls++, classics.rosenbrock.residuals(x)), [-1.2, 1], {
      history: true,
      onStep: (step, x) => {
        told.push(step.cost);
        const r = classics.rosenbrock.residuals(x);
        expect(step.cost).toBe((r[0]! ** 2 + r[1]! ** 2) / 2);
      },
    });
    expect(found.evaluations + found.differenceEvaluations).toBe(calls);
    expect(found.history.map(({ cost }) => cost)).toEqual(told);
    expect(found.history.filter(({ taken }) => taken)).toHaveLength(found.iterations);
    expect(found.history.some(({ taken }) => !taken)).toBe(true);
    expect(found.jacobianEvaluations).toBe(found.iterations + 1);
    told.reduce((before, cost) => (expect(cost).toBeLessThanOrEqual(before), cost), Infinity);
    expect(found.cost).toBe(told.at(-1));
    expect(found.history.at(-1)!.evaluations).toBe(found.evaluations);
  });

  it('when the caller says so, with the best so far', () => {
    const stopped = leastSquares(classics.rosenbrock.residuals, [-1.2, 1], {
      onStep: ({ iteration }) => iteration < 3,
    });
    expect(stopped).toMatchObject({ stopped: 'onStep', converged: false, iterations: 3 });
    const controller = new AbortController();
    const aborted = leastSquares(classics.rosenbrock.residuals, [-1.2, 1], {
      signal: controller.signal,
      onStep: ({ iteration }) => void (iteration === 3 && controller.abort()),
    });
    expect(aborted).toMatchObject({ stopped: 'signal', converged: false });
    expect(aborted.cost).toBe(stopped.cost);
    const never = leastSquares(decay, start, { signal: AbortSignal.abort() });
    expect(never).toMatchObject({ stopped: 'signal', iterations: 0, evaluations: 1 });
  });
});

describe('bad input', () => {
  it.each<[string, () => unknown]>([
    ['There are 0 residuals: there must be one or more.', () => leastSquares(() => [], [1])],
    ['There are undefined residuals', () => leastSquares(() => undefined as unknown as number[], [1])],
    ['Residual 1 is NaN at the start', () => leastSquares(() => [1, NaN], [1])],
    ['The cost at `start` is not finite: choose a start where it is.', () => leastSquares(() => [1e200], [1])],
    ['start[1] is NaN', () => leastSquares(decay, [1, NaN, 2])],
    ['start is', () => leastSquares(decay, [])],
    [
      'There are 2 residuals, and there were 1 at the start',
      () => leastSquares(([x]) => (x === 1 ? [1] : [1, 2]), [1]),
    ],
    [
      'The Jacobian is 1 x 2: it must have 12 rows of 3 numbers',
      () => leastSquares(decay, start, { jacobian: () => [[1, 2]] }),
    ],
    [
      'The derivative of residual 0 in parameter 1 is NaN',
      () => leastSquares(([a, b]) => [a! + b!], [1, 1], { jacobian: () => [[1, NaN]] }),
    ],
    [
      'The residuals are not finite on either side of parameter 0 = 1',
      () => leastSquares(([x]) => [x === 1 ? 1 : NaN], [1]),
    ],
    ['There are 2 weights and 12 residuals', () => leastSquares(decay, start, { weights: [1, 2] })],
    ['weights[0] is -1', () => leastSquares(decay, start, { weights: t.map(() => -1) })],
    ['scale has 1 numbers', () => leastSquares(decay, start, { scale: [1] })],
    ['scale[2] is 0', () => leastSquares(decay, start, { scale: [1, 1, 0] })],
    ['lossScale is 0', () => leastSquares(decay, start, { lossScale: 0 })],
    ['rho is "welsch"', () => leastSquares(decay, start, { loss: 'welsch' as 'huber' })],
    ['costTolerance is -1', () => leastSquares(decay, start, { costTolerance: -1 })],
    ['maxEvaluations is 0', () => leastSquares(decay, start, { maxEvaluations: 0 })],
    ["Did you mean 'bounds'?", () => leastSquares(decay, start, { bound: {} } as LeastSquaresOptions)],
    ['jacobian is "4-point"', () => leastSquares(decay, start, { jacobian: '4-point' as '3-point' })],
  ])('%s', (message, body) => {
    expect(body).toThrow(message);
  });
});

describe('fitCurve', () => {
  const x = [0, 1, 2, 3, 4, 5];
  const growth = (s: number, [a, b]: Float64Array): number => a! * Math.exp(b! * s);
  const values = x.map((s) => 2 * Math.exp(0.3 * s));

  it('fits y ~ model(x, b), with derivatives or without', () => {
    const curve = { x, y: values, model: growth, start: [1, 0.1] };
    const found = fitCurve(curve, tight);
    expect(apart(found.parameters, [2, 0.3])).toBeLessThan(1e-12);
    expect(apart(found.fitted, values)).toBeLessThan(1e-12);
    const exact = fitCurve({ ...curve, gradient: (s, [a, b]) => [Math.exp(b! * s), a! * s * Math.exp(b! * s)] }, tight);
    expect(apart(exact.parameters, [2, 0.3])).toBeLessThan(1e-12);
    expect(exact.differenceEvaluations).toBe(0);
  });

  it('takes x of any kind, and the options of leastSquares', () => {
    const points = [[0, 0], [1, 0], [0, 1], [1, 1]] as const; // prettier-ignore
    const plane = fitCurve({
      x: points,
      y: [1, 3, 4, 6],
      model: ([u, v], [a, b, c]) => a! + b! * u + c! * v,
      start: [0, 0, 0],
    });
    expect(apart(plane.parameters, [1, 2, 3])).toBeLessThan(1e-8);
  });

  it('has the errors that scipy.optimize.curve_fit has, relative and absolute', () => {
    const model = (s: number, [a, b, c]: Float64Array): number => a! * Math.exp(-b! * s) + c!;
    const weights = t.map((_, i) => 1 / (0.1 + 0.05 * i) ** 2);
    const curve = { x: t, y, model, start };
    const relative = fitCurve(curve, { ...tight, weights });
    expect(apart(relative.parameters, [4.40414534056, 0.27557830555, -0.93468362247])).toBeLessThan(1e-7);
    const errorsApart = (found: Float64Array, wanted: number[]): number =>
      Math.max(...wanted.map((error, j) => Math.abs(found[j]! / error - 1)));
    expect(errorsApart(relative.standardErrors!, [2.894457498526, 0.291189819906, 2.962163626585])).toBeLessThan(1e-6);
    const absolute = fitCurve(curve, { ...tight, weights, absoluteWeights: true });
    expect(errorsApart(absolute.standardErrors!, [1.102915761699, 0.110956143659, 1.128714777866])).toBeLessThan(1e-6);
  });

  it('says what is missing', () => {
    expect(() => fitCurve({ x, y: [1], model: growth, start: [1, 1] })).toThrow('x has 6 elements, and y has 1.');
    expect(() => fitCurve({ x: [1, 2], y: [1, NaN], model: growth, start: [1, 1] })).toThrow(
      'y[1] is NaN: leave the points out that have no value.',
    );
  });
});
