import { run } from '@overparam/core';
import {
  composite,
  residualOracle,
  softmaxCrossEntropy,
  squaredError,
  type Float64CompositeOracle,
} from '@overparam/backend-float64';
import {
  gaussNewton,
  levenbergMarquardt,
  type GaussNewtonOptions,
  type LevenbergMarquardtOptions,
} from '@overparam/gauss-newton';
import { gram, leastSquares, matrix, multiply, symmetricEigen, type Matrix } from '@overparam/linear-algebra';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apart, linear, moved, network, norm, product, randomMatrix, uniform, vector } from './problems.ts';

const few = { seed: 1, numRuns: 15 };
const seed = fc.integer({ min: 1, max: 1e6 });
const epsilon = fc.double({ min: -3, max: 0, noNaN: true }).map((x) => 10 ** x);
const none = { gradientTolerance: null, stepTolerance: null, costTolerance: null };

const step = (oracle: Float64CompositeOracle, options: GaussNewtonOptions) => {
  const method = gaussNewton(options);
  const start = oracle.parameters();
  const { report } = run(method, oracle, method.init());
  return { report, moved: moved(start, oracle) };
};
const trust = (oracle: Float64CompositeOracle, options: LevenbergMarquardtOptions) => {
  const method = levenbergMarquardt({ ...none, ...options });
  const start = oracle.parameters();
  const { report } = run(method, oracle, method.init());
  return { report, moved: moved(start, oracle) };
};
/** f - y of a linear problem. */
const residuals = (A: Matrix, w: Float64Array, y: Float64Array): Float64Array => product(A, w).map((f, i) => f - y[i]!);

const problem = (s: number, rows: number, columns: number) => {
  const next = uniform(s);
  const A = randomMatrix(rows, columns, next);
  const [y, w] = [vector(rows, next), vector(columns, next)];
  return { A, y, w, next };
};

describe('the forms agree', () => {
  it("the dual, the primal and the matrix-free step, with H = I and with the loss's Hessian", () => {
    fc.assert(
      fc.property(
        seed,
        epsilon,
        fc.constantFrom('identity', 'loss'),
        fc.constantFrom('squares', 'classes'),
        fc.integer({ min: 2, max: 9 }),
        (s, eps, curvature, loss, samples) => {
          const of = (solver: 'dual' | 'primal' | 'cg') =>
            step(network(s, { samples, hidden: 3, outputs: 3, loss }), { curvature, damping: eps, gamma: 0.5, solver, cg: { tolerance: 1e-13 } }); // prettier-ignore
          const dual = of('dual');
          for (const other of [of('primal'), of('cg')]) {
            expect(apart(other.moved, dual.moved)).toBeLessThan(1e-8);
            expect(other.report.slope).toBeCloseTo(dual.report.slope, 8);
          }
        },
      ),
      few,
    );
  });

  it('of Levenberg-Marquardt, damped by the diagonal of J^T J too', () => {
    fc.assert(
      fc.property(
        seed,
        fc.boolean(),
        fc.constantFrom('squares', 'classes'),
        fc.integer({ min: 2, max: 9 }),
        (s, scaling, loss, samples) => {
          const of = (solver: 'dual' | 'primal' | 'cg') =>
          trust(network(s, { samples, hidden: 3, outputs: 2, loss }), { damping: { rule: 'marquardt10', mu0: 0.1 }, scaling, solver, cg: { tolerance: 1e-13 } }); // prettier-ignore
          const dual = of('dual');
          for (const other of [of('primal'), of('cg')]) {
            expect(apart(other.moved, dual.moved)).toBeLessThan(1e-8);
            expect(other.report.gainRatio).toBeCloseTo(dual.report.gainRatio, 6);
          }
        },
      ),
      few,
    );
  });
});

describe('on a linear model', () => {
  it('a full undamped step is least squares, by the displacement of least norm', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (s, rows, columns) => {
        const { A, y, w } = problem(s, rows, columns);
        const { solution } = leastSquares(A, residuals(A, w, y).map((r) => -r)); // prettier-ignore
        for (const options of [{ damping: 0 }, { damping: 'pseudo-inverse' }] as const)
          expect(apart(step(linear(A, squaredError(y), w), { gamma: 1, ...options }).moved, solution)).toBeLessThan(1e-6); // prettier-ignore
      }),
      few,
    );
  });

  it('each mode of the residual is multiplied by 1 - gamma s / (s + eps)', () => {
    fc.assert(
      fc.property(seed, epsilon, fc.double({ min: 0.1, max: 1, noNaN: true }), (s, eps, gamma) => {
        const { A, y, w } = problem(s, 4, 7);
        const { values, vectors } = symmetricEigen(gram(A));
        for (const damping of [eps, 'adaptive'] as const) {
          const oracle = linear(A, squaredError(y), w);
          const { report } = step(oracle, { gamma, damping });
          const before = product(vectors, residuals(A, w, y));
          const after = product(vectors, residuals(A, oracle.parameters(), y));
          const factors = values.map((sigma) => 1 - (gamma * sigma) / (sigma + report.damping));
          expect(apart(after, before.map((r, i) => factors[i]! * r))).toBeLessThan(1e-9); // prettier-ignore
          if (damping === 'adaptive') expect(factors[0]).toBeCloseTo(1 - gamma / 2, 9);
        }
      }),
      few,
    );
  });

  it('the gain ratio is 1, and a weighted sample is a row that is scaled', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 8 }), (s, columns) => {
        const { A, y, w, next } = problem(s, 5, columns);
        const weights = Array.from({ length: 5 }, () => 1.1 + next());
        const weighted = trust(linear(A, squaredError(y, { reduction: 'sum', weights }), w), {});
        expect(weighted.report.gainRatio).toBeCloseTo(1, 9);
        const root = (i: number): number => Math.sqrt(weights[i]!);
        const scaled = matrix(5, columns, A.data.map((a, at) => a * root(Math.floor(at / columns)))); // prettier-ignore
        const rows = trust(linear(scaled, squaredError(y.map((x, i) => x * root(i)), { reduction: 'sum' }), w), { solver: weighted.report.form as 'dual' }); // prettier-ignore
        // Without the Jacobian, tau is relative to the largest of H times the largest of J^T J, an upper bound.
        if (weighted.report.form === 'primal') expect(apart(weighted.moved, rows.moved)).toBeLessThan(1e-9);
      }),
      few,
    );
  });

  it('for mu to 0 Levenberg-Marquardt is Gauss-Newton, for mu to infinity the gradient over mu', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 2, max: 9 }), (s, columns) => {
        const { A, y, w } = problem(s, 5, columns);
        const make = () => linear(A, squaredError(y, { reduction: 'sum' }), w);
        const at = (mu0: number) => trust(make(), { damping: { rule: 'nielsen', mu0 } }).moved;
        const full = step(make(), { lambda: 1, damping: 0 }).moved;
        expect(apart(at(1e-13), full)).toBeLessThan(1e-4);
        const gradient = product(A, residuals(A, w, y), true);
        expect(apart(at(1e9).map((h) => h * -1e9), gradient)).toBeLessThan(1e-7); // prettier-ignore
      }),
      few,
    );
  });

  it("undamped iterates do not depend on the basis of the parameters, nor Marquardt's on their units", () => {
    fc.assert(
      fc.property(seed, (s) => {
        const { A, y, w, next } = problem(s, 8, 3);
        const basis = randomMatrix(3, 3, next);
        for (let i = 0; i < 3; i++) basis.data[4 * i]! += 3;
        const units = matrix(3, 3);
        for (let i = 0; i < 3; i++) units.data[4 * i] = 10 ** (2 * next());
        const outputs = (S: Matrix | null, take: (oracle: Float64CompositeOracle) => unknown): Float64Array => {
          const B = S ? multiply(A, S) : A;
          const oracle = linear(B, squaredError(y, { reduction: 'sum' }), S ? leastSquares(S, w).solution : w);
          take(oracle);
          return product(B, oracle.parameters());
        };
        const undamped = (oracle: Float64CompositeOracle) => step(oracle, { lambda: 0.7, damping: 0 });
        expect(apart(outputs(basis, undamped), outputs(null, undamped))).toBeLessThan(1e-9);
        const marquardt = (oracle: Float64CompositeOracle) =>
          trust(oracle, { damping: { rule: 'marquardt10', mu0: 0.3 }, scaling: { min: 1e-30, max: 1e30 } });
        expect(apart(outputs(units, marquardt), outputs(null, marquardt))).toBeLessThan(1e-9);
      }),
      few,
    );
  });
});

describe('on a network with more parameters than samples', () => {
  const wide = { samples: 3, hidden: 8 };

  it('the residual shrinks by 1 - gamma, up to gamma^2', () => {
    fc.assert(
      fc.property(seed, (s) => {
        const remainder = (gamma: number): number => {
          const oracle = network(s, wide);
          const before = oracle.lossGradient().data;
          step(oracle, { gamma, damping: 'pseudo-inverse' });
          return norm(oracle.lossGradient().data.map((r, i) => r - (1 - gamma) * before[i]!)) / norm(before);
        };
        const [large, small] = [remainder(1e-3), remainder(1e-4)];
        if (large > 1e-9) expect(Math.abs(large / small / 100 - 1)).toBeLessThan(0.2);
      }),
      few,
    );
  });

  it('along the flow, the residual keeps its direction and falls as exp(-t / N)', () => {
    const oracle = network(11, wide);
    const r0 = oracle.lossGradient().data;
    const phi = (w: Float64Array): Float64Array => {
      oracle.setParameters(w);
      return step(oracle, { lambda: 1, damping: 'pseudo-inverse' }).moved;
    };
    const plus = (w: Float64Array, t: number, d: Float64Array): Float64Array => w.map((x, i) => x + t * d[i]!);
    const dt = wide.samples / 20;
    let w = oracle.parameters();
    for (let k = 0; k < 20; k++) {
      const a = phi(w);
      const b = phi(plus(w, dt / 2, a));
      const c = phi(plus(w, dt / 2, b));
      const d = phi(plus(w, dt, c));
      w = w.map((x, i) => x + (dt / 6) * (a[i]! + 2 * b[i]! + 2 * c[i]! + d[i]!));
    }
    oracle.setParameters(w);
    expect(apart(oracle.lossGradient().data, r0.map((r) => r * Math.exp(-1)))).toBeLessThan(1e-6); // prettier-ignore
  });

  it('with the official damping the loss decays at a rate of 1 / N and more', () => {
    fc.assert(
      fc.property(seed, (s) => {
        const { report } = step(network(s, wide), { damping: { rule: 'adaptive', floor: 0 } });
        expect((-report.slope / report.value) * wide.samples).toBeGreaterThanOrEqual(1 - 1e-6);
        expect((-report.slope / report.value) * wide.samples).toBeLessThanOrEqual(2 + 1e-6);
      }),
      few,
    );
  });

  it('from a last layer of 0, a full step solves for that layer and leaves the hidden one', () => {
    const oracle = network(5, { samples: 4, hidden: 9 });
    const w = oracle.parameters();
    const last = w.length - 10;
    oracle.setParameters(w.map((x, i) => (i < last ? x : 0)));
    const y = oracle.lossGradient().data.map((g) => -4 * g);
    const features = oracle.jacobian({ modules: ['dense1'] });
    const { moved: change } = step(oracle, { gamma: 1, damping: 'pseudo-inverse' });
    expect(norm(change.slice(0, last))).toBeLessThan(1e-12);
    expect(apart(change.slice(last), leastSquares(features, y).solution)).toBeLessThan(1e-9);
  });

  it('the direction descends', () => {
    fc.assert(
      fc.property(
        seed,
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('adaptive' as const, 'relative' as const, 'pseudo-inverse' as const, 1e-3),
        fc.constantFrom('identity', 'loss'),
        fc.constantFrom('squares', 'classes'),
        (s, samples, damping, curvature, loss) => {
          const { report } = step(network(s, { samples, hidden: 4, outputs: 2, loss }), { damping, curvature, gamma: 1e-3 }); // prettier-ignore
          expect(report.slope).toBeLessThanOrEqual(0);
          expect(report.valueAfter).toBeLessThanOrEqual(report.value);
        },
      ),
      few,
    );
  });

  it('the order of samples and of outputs does not matter; a sample twice does no harm', () => {
    const next = uniform(9);
    const [N, C, P] = [3, 2, 11];
    const A = randomMatrix(N * C, P, next);
    const [y, w] = [vector(N * C, next), vector(P, next)];
    const arranged = (samples: readonly number[], outputs: readonly number[]) => {
      const rows = samples.flatMap((n) => outputs.map((k) => n * C + k));
      const B = matrix(rows.length, P, rows.flatMap((row) => [...A.data.subarray(row * P, (row + 1) * P)])); // prettier-ignore
      return linear(B, squaredError(matrix(samples.length, C, rows.map((row) => y[row]!))), w, C); // prettier-ignore
    };
    for (const damping of ['adaptive', 'pseudo-inverse', 0, 1e-12, 1e-3] as const)
      for (const curvature of ['identity', 'loss'] as const) {
        const options = { damping, curvature, gamma: 1, solver: 'dual' } as const;
        const plain = step(arranged([0, 1, 2], [0, 1]), options);
        expect(apart(step(arranged([2, 0, 1], [1, 0]), options).moved, plain.moved)).toBeLessThan(1e-9);
        const twice = step(arranged([0, 1, 1, 2], [0, 1]), options);
        expect(twice.report.stopped).toBe(null);
        if (damping !== 1e-3 && damping !== 'adaptive') expect(apart(twice.moved, plain.moved)).toBeLessThan(1e-5);
      }
  });

  it('nothing moves where J is 0', () => {
    const A = matrix(3, 5);
    const w = [1, 2, 3, 4, 5];
    for (const damping of ['adaptive', 'relative', 'pseudo-inverse', 0, 1] as const) {
      const { report, moved: change } = step(linear(A, squaredError([1, 2, 3]), w), { damping });
      expect([norm(change), report.stopped, report.gradientNorm]).toEqual([0, 'gradient', 0]);
    }
    for (const solver of ['dual', 'cg', 'primal'] as const) {
      const { report, moved: change } = trust(linear(A, squaredError([1, 2, 3]), w), { solver, gradientTolerance: 0 });
      expect([norm(change), report.stopped]).toEqual([0, 'gradient']);
    }
  });
});

describe('momentum', () => {
  it('is that of SPRING', () => {
    const { A, y, w } = problem(3, 4, 9);
    const [m, eps, lambda] = [0.8, 0.1, 0.5];
    const method = gaussNewton({ momentum: m, damping: eps, lambda });
    const oracle = linear(A, squaredError(y), w);
    let state = method.init();
    let at = w;
    let phi = new Float64Array(9);
    for (let k = 0; k < 6; k++) {
      const report = run(method, oracle, state);
      state = report.state;
      const K = gram(A);
      for (let i = 0; i < 4; i++) K.data[5 * i]! += eps;
      const ahead = residuals(A, at, y).map((r, i) => r / 4 - m * product(A, phi)[i]!);
      const z = leastSquares(K, ahead).solution;
      phi = product(A, z, true).map((x, i) => m * phi[i]! + x);
      at = at.map((x, i) => x - lambda * phi[i]!);
      expect(apart(oracle.parameters(), at)).toBeLessThan(1e-10);
      expect(report.report.directionNorm).toBeCloseTo(norm(phi), 10);
    }
  });
});

describe('composite losses', () => {
  it('a confident mistake, p_y to 0, still moves, in every form', () => {
    for (const confidence of [5, 20, 40, 200, 800]) {
      const make = () =>
        composite({
          model: { outputs: (w) => matrix(2, 2, Float64Array.of(w[0]!, w[1]!, w[2]!, w[3]!)), jacobian: () => matrix(4, 4, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) }, // prettier-ignore
          loss: softmaxCrossEntropy([1, 0], { classes: 2 }),
          start: [confidence, 0, 1, 0],
        });
      const of = (solver: 'dual' | 'primal' | 'cg') =>
        step(make(), { curvature: 'loss', lambda: 0.01, damping: 0.1, solver, cg: { tolerance: 1e-14 } }).moved;
      // Phi = (H + eps I)^-1 g sample by sample, as K = I: along (1, -1) with H = 2 p (1 - p) / 2, g = (p - y) / 2.
      const expected = [[confidence, 1] as const, [1, 0] as const].flatMap(([z, y]) => {
        const q = 1 / (1 + Math.exp(z));
        const phi = (0.5 * (y === 1 ? 1 - q : -q)) / (q * (1 - q) + 0.1);
        return [-0.01 * phi, 0.01 * phi];
      });
      for (const solver of ['dual', 'primal', 'cg'] as const) expect(apart(of(solver), expected)).toBeLessThan(1e-7);
    }
  });

  it("robust losses: outliers, where Huber's H is 0, pull with their slope", () => {
    fc.assert(
      fc.property(seed, (s) => {
        const { A, w, y } = problem(s, 12, 2);
        const far = y.map((x, i) => (i % 4 === 0 ? x + 20 : x));
        const make = () => residualOracle((v) => residuals(A, v, far), w, { jacobian: () => A, rho: 'huber' });
        const ends = [{ solver: 'primal' }, { solver: 'dual', damping: { rule: 'nielsen', min: 1e-6 } }] as const;
        const [primal, dual] = ends.map((options) => {
          const oracle = make();
          const method = levenbergMarquardt({ ...none, gradientTolerance: 1e-8, ...options });
          let state = method.init();
          for (let k = 0; k < 60; k++) {
            const { state: next, stopped } = run(method, oracle, state);
            state = next;
            if (stopped) break;
          }
          return { w: oracle.parameters(), gradient: Math.sqrt(oracle.linearize().squaredGradientNorm) };
        });
        // f is 200 or so: a gradient below 1e-7 promises a decrease that rounding hides.
        expect(primal!.gradient).toBeLessThan(1e-6);
        expect(dual!.gradient).toBeLessThan(1e-6);
        expect(apart(dual!.w, primal!.w)).toBeLessThan(1e-5);
      }),
      few,
    );
  });

  it('a loss without any curvature is descended along its gradient', () => {
    const { A, y, w } = problem(4, 6, 2);
    const far = y.map((x) => x + 100);
    for (const solver of ['dual', 'primal', 'cg'] as const)
      for (const scaling of [true, false]) {
        const oracle = residualOracle((v) => residuals(A, v, far), w, { jacobian: () => A, rho: 'huber' });
        const { report, moved: change } = trust(oracle, { solver, scaling });
        expect(report.valueAfter).toBeLessThan(report.value);
        // By rounding, H is 1e-16 here and there.
        const gradient = product(A, new Float64Array(6).fill(-1), true);
        if (!scaling) expect(Math.abs(apart(change.map((h) => h / norm(change)), gradient.map((x) => -x / norm(gradient))))).toBeLessThan(1e-6); // prettier-ignore
      }
  });
});
