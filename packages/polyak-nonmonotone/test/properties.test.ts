import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { run } from '@overparam/core';
import { monotonePolyak, ponos, type PonosOptions } from '@overparam/polyak-nonmonotone';
import { LeastSquaresOracle } from './least-squares.ts';
import { randomProblem, type RandomProblem } from './random-problem.ts';
import { trace } from './trace.ts';

const fixed = { seed: 11, numRuns: 40 };
const seeds = fc.integer();
const options = fc.record({
  c: fc.constantFrom(0.1, 0.5, 0.9),
  c_p: fc.constantFrom(0.1, 0.5, 1),
  delta: fc.constantFrom(0.5, 0.7),
  xi: fc.constantFrom(0, 0.5, 0.9, 1),
  save_backtracks: fc.boolean(),
}) satisfies fc.Arbitrary<PonosOptions>;

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

/** Extreme eigenvalues of the Hessian (2 / B) X_b^T X_b on the rows' span, for batches of one row or two. */
function curvatures({ X }: RandomProblem, batch: readonly number[]): { mu: number; L: number } {
  const rows = batch.map((i) => X[i]!);
  if (rows.length === 1) return { mu: 2 * dot(rows[0]!, rows[0]!), L: 2 * dot(rows[0]!, rows[0]!) };
  const [a, b, ab] = [dot(rows[0]!, rows[0]!), dot(rows[1]!, rows[1]!), dot(rows[0]!, rows[1]!)];
  const root = Math.hypot((a - b) / 2, ab);
  return { mu: (a + b) / 2 - root, L: (a + b) / 2 + root };
}

describe('the theory of PoNoS', () => {
  it('P1: an accepted step is below the reference, which is at least f', () => {
    fc.assert(
      fc.property(seeds, options, (seed, chosen) => {
        for (const { report, squaredGradientNorm, valueAfter } of trace(ponos(chosen), randomProblem(seed))) {
          if (report.failed || report.step === 0) continue;
          expect(report.reference).toBeGreaterThanOrEqual(report.value);
          const bound = report.reference! - chosen.c * report.step * squaredGradientNorm;
          expect(valueAfter).toBeLessThanOrEqual(bound + 1e-12 * Math.abs(report.reference!));
          expect(report.valueAfter).toBe(valueAfter);
        }
      }),
      fixed,
    );
  });

  it('P2: trials are eta0 delta^i, and the accepted one is the last', () => {
    fc.assert(
      fc.property(seeds, options, (seed, chosen) => {
        for (const { report, trials } of trace(ponos(chosen), randomProblem(seed))) {
          if (report.step === 0 || report.failed) continue;
          expect(trials[0]).toBe(report.initialStep);
          trials.slice(1).forEach((step, i) => expect(step).toBe(trials[i]! * chosen.delta));
          expect(trials.at(-1)).toBe(report.step);
          expect(trials).toHaveLength(report.backtracks + 1);
          expect(report.forwards).toBe(trials.length);
        }
      }),
      fixed,
    );
  });

  it('P3, P4: smoothness bounds the step from below and the backtracks from above', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1, 2), options, (seed, batch, chosen) => {
        const problem = randomProblem(seed, { batch });
        const { c, delta } = chosen;
        for (const traced of trace(ponos(chosen), problem)) {
          const { step, initialStep, backtracks, failed } = traced.report;
          // Where the loss is of rounding size, smoothness no longer describes it.
          if (failed || step === 0 || traced.report.value < 1e-10) continue;
          const { L } = curvatures(problem, traced.batch);
          expect(step).toBeGreaterThanOrEqual(Math.min(initialStep, (2 * delta * (1 - c)) / L) * (1 - 1e-6));
          const most = Math.ceil(Math.log((initialStep * L) / (2 * (1 - c))) / Math.log(1 / delta) - 1e-6);
          expect(backtracks).toBeLessThanOrEqual(Math.max(0, most));
        }
      }),
      fixed,
    );
  });

  it("P5: Polyak's step lies between 1/(2 c_p L) and 1/(2 c_p mu)", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1, 2), fc.constantFrom(0.1, 0.5), (seed, batch, c_p) => {
        const problem = randomProblem(seed, { batch });
        const method = ponos({ c_p, save_backtracks: false, max_eta: Infinity, min_eta: 0 });
        for (const { report, squaredGradientNorm, batch: rows } of trace(method, problem)) {
          if (squaredGradientNorm < 1e-2) continue;
          const { mu, L } = curvatures(problem, rows);
          expect(report.initialStep).toBeGreaterThanOrEqual((1 / (2 * c_p * L)) * (1 - 1e-4));
          expect(report.initialStep).toBeLessThanOrEqual((1 / (2 * c_p * mu)) * (1 + 1e-6));
        }
      }),
      fixed,
    );
  });

  it('P6: Q sums the powers of xi, and C is their mean of the losses', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0, 0.3, 0.9, 1), (seed, xi) => {
        const losses: number[] = [];
        for (const { report, after } of trace(ponos({ xi }), randomProblem(seed))) {
          losses.push(report.value);
          const weights = losses.map((_, i) => xi ** (losses.length - 1 - i));
          const Q = weights.reduce((a, b) => a + b);
          expect(after.Q).toBeCloseTo(Q, 9);
          const C = Number(after.C);
          const mean = dot(weights, losses) / Q;
          expect(Math.abs(C - mean)).toBeLessThanOrEqual(1e-10 * Math.max(...losses));
          expect(C).toBeLessThanOrEqual(Math.max(...losses) * (1 + 1e-12));
          expect(C).toBeGreaterThanOrEqual(Math.min(...losses) * (1 - 1e-12));
          if (xi === 0) expect(C).toBe(report.value);
        }
      }),
      fixed,
    );
  });

  it('P7: on full batches C never rises, bounds f, and paper and code coincide', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0, 0.5, 1), (seed, xi) => {
        const problem = randomProblem(seed, { n: 6, batch: 6 });
        const code = trace(ponos({ xi, c: 0.5 }), problem);
        const paper = trace(ponos({ xi, c: 0.5, recursion: 'paper' }), problem);
        const losses: number[] = [];
        code.forEach(({ report, after, squaredGradientNorm }, k) => {
          losses.push(report.value);
          const slack = 1e-12 * losses[0]!;
          const C = Number(after.C);
          if (k > 0) expect(C).toBeLessThanOrEqual(Number(code[k - 1]!.after.C) + slack);
          expect(report.value).toBeLessThanOrEqual(C + slack);
          expect(C).toBeLessThanOrEqual(losses.reduce((a, b) => a + b) / losses.length + slack);
          expect(report.reference).toBeLessThanOrEqual(losses[0]! + slack);
          if (!report.failed && report.step > 0)
            expect(report.valueAfter).toBeLessThanOrEqual(C - 0.5 * report.step * squaredGradientNorm + slack);
          expect(paper[k]!.report).toEqual(report);
        });
      }),
      fixed,
    );
  });

  it("P8: the paper's C is at least the code's; a higher reference accepts at least as long a step", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0, 0.5, 1), (seed, xi) => {
        const problem = randomProblem(seed);
        for (const { wBefore, batch, before, report } of trace(ponos({ xi }), problem)) {
          // From the same point, state and initial step, each rule in turn.
          const from = (options: PonosOptions) => {
            const oracle = new LeastSquaresOracle({ ...problem, w0: wBefore });
            oracle.batch = batch;
            return run(ponos({ xi, ...options }), oracle, before);
          };
          const paper = from({ recursion: 'paper' });
          expect(Number(paper.state.C)).toBeGreaterThanOrEqual(Number(from({}).state.C));
          const monotone = from({ xi: 0 });
          expect(monotone.report.initialStep).toBe(report.initialStep);
          expect(report.reference).toBeGreaterThanOrEqual(monotone.report.reference!);
          expect(report.step).toBeGreaterThanOrEqual(monotone.report.step);
        }
      }),
      fixed,
    );
  });

  it('P9: lk counts, and all backtracks together are at most steps + lk', () => {
    fc.assert(
      fc.property(seeds, options, (seed, chosen) => {
        let backtracks = 0;
        trace(ponos({ ...chosen, guards: { memory: false } }), randomProblem(seed)).forEach(
          ({ report, before, after }, k) => {
            if (report.step === 0) return expect(after.lk).toBe(before.lk);
            backtracks += report.backtracks;
            expect(Number.isInteger(after.lk)).toBe(true);
            expect(after.lk).toBe(Math.max(before.lk + report.backtracks - 1, 0));
            expect(backtracks).toBeLessThanOrEqual(k + 1 + after.lk);
          },
        );
      }),
      fixed,
    );
  });

  it('the relaxed memory settles at rho backtracks a step', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.1, 0.25, 0.5), (seed, rho) => {
        let backtracks = 0;
        trace(ponos({ rho, guards: { memory: false } }), randomProblem(seed, { steps: 40 })).forEach(
          ({ report, before, after }, k) => {
            if (report.step === 0) return;
            backtracks += report.backtracks;
            expect(after.lk).toBe(Math.max(before.lk + report.backtracks - rho, 0));
            expect(backtracks).toBeLessThanOrEqual(rho * (k + 1) + after.lk + 1e-9);
          },
        );
      }),
      fixed,
    );
  });

  it('P10: a loss a times as large gives steps 1/a as long, the same decisions and the same path', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(1 / 16, 4, 64), (seed, a) => {
        const problem = randomProblem(seed, { steps: 6 });
        const scaled = {
          ...problem,
          X: problem.X.map((x) => x.map((v) => Math.sqrt(a) * v)),
          y: problem.y.map((v) => Math.sqrt(a) * v),
        };
        const unclipped = { max_eta: Infinity, min_eta: 0 };
        const one = trace(ponos(unclipped), problem);
        for (const [k, { report, w }] of trace(ponos(unclipped), scaled).entries()) {
          const { report: other, w: otherW, squaredGradientNorm } = one[k]!;
          // Below that, the 1e-8 in the denominator of Polyak's step shows.
          if (Math.min(1, a) * squaredGradientNorm < 1) return;
          expect(report.backtracks).toBe(other.backtracks);
          expect(report.initialStep / (other.initialStep / a)).toBeCloseTo(1, 5);
          expect(report.step / (other.step / a)).toBeCloseTo(1, 5);
          w.forEach((v, i) => expect(v).toBeCloseTo(otherW[i]!, 5));
        }
      }),
      fixed,
    );
  });

  it('P11: a reflection or a permutation of the parameters changes no scalar', () => {
    fc.assert(
      fc.property(seeds, options, (seed, chosen) => {
        const problem = randomProblem(seed, { steps: 8 });
        const axis = problem.solution;
        const reflect = (v: readonly number[]): number[] =>
          v.map((x, i) => x - ((2 * dot(v, axis)) / dot(axis, axis)) * axis[i]!);
        const permute = (v: readonly number[]): number[] => [...v.slice(4), ...v.slice(0, 4).reverse()];
        const one = trace(ponos(chosen), problem);
        for (const change of [reflect, permute]) {
          const changed = { ...problem, X: problem.X.map(change), w0: change(problem.w0) };
          trace(ponos(chosen), changed).forEach(({ report }, k) => {
            const other = one[k]!.report;
            expect(report.backtracks).toBe(other.backtracks);
            expect(Math.abs(report.value - other.value)).toBeLessThanOrEqual(1e-7 * (1 + other.value));
            expect(Math.abs(report.step - other.step)).toBeLessThanOrEqual(1e-7 * other.step);
          });
        }
      }),
      { ...fixed, numRuns: 20 },
    );
  });

  it('P12: without a gradient, or with f = 0, nothing moves', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = randomProblem(seed);
        const [{ report, wBefore, w }] = trace(ponos(), { ...problem, w0: problem.solution }) as [never];
        const { value } = report as { value: number };
        if (value === 0) expect([report, w]).toMatchObject([{ step: 0, why: 'stationary', failed: false }, wBefore]);
      }),
      fixed,
    );
    for (const at of [
      { value: 1, slope: 0, squaredGradientNorm: 0 },
      { value: 0, slope: -1, squaredGradientNorm: 1 },
    ])
      for (const guards of [true, false]) {
        const moves: number[] = [];
        const oracle = { linearize: () => at, probe: () => 0, move: (step: number) => void moves.push(step) };
        const { report, state } = run(ponos({ guards }), oracle, ponos().init());
        expect(report).toMatchObject({ step: 0, why: 'stationary', failed: false, forwards: 0 });
        expect(state).toEqual({ Q: 1, C: at.value, lk: 0, eta: null });
        expect(moves).toEqual([]);
      }
  });

  it("P13: with xi = 0 and no memory it is the monotone search from Polyak's step", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.1, 0.5), (seed, c) => {
        const problem = randomProblem(seed);
        const one = trace(ponos({ c, xi: 0, save_backtracks: false }), problem);
        const other = trace(monotonePolyak({ c }), problem);
        expect(one.map(({ report }) => report)).toEqual(other.map(({ report }) => report));
      }),
      fixed,
    );
  });

  it('P14: halving is exact', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const { report } of trace(ponos(), randomProblem(seed)))
          if (!report.failed && report.step > 0) expect(report.step).toBe(report.initialStep * 2 ** -report.backtracks);
      }),
      fixed,
    );
  });
});
