import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, norm, positiveDefinite, random, seed, seeded, size, withSpectrum } from '../test/matrices.ts';
import { conjugateGradient, conjugateGradientSteps, type Matrix, matrix, multiply, type Operator } from './index.ts';

const operator =
  (a: Matrix): Operator =>
  (x) =>
    multiply(a, matrix(x.length, 1, x)).data;

describe('conjugateGradient', () => {
  it('solves to the tolerance, by the true residual', () => {
    fc.assert(
      fc.property(size, seed, fc.boolean(), (n, s, warm) => {
        const a = positiveDefinite(n, s);
        const b = random(n, 1, s + 1).data;
        const start = warm ? { start: random(n, 1, s + 2).data } : {};
        const { solution, reason, residualNorm } = conjugateGradient(operator(a), b, { tolerance: 1e-9, ...start });
        expect(reason).toBe('converged');
        const residual = distance(operator(a)(solution), b);
        expect(residual).toBeLessThanOrEqual(1e-9 * norm(b));
        expect(Math.abs(residual - residualNorm)).toBeLessThanOrEqual(1e-14 * norm(b) * n);
      }),
      seeded,
    );
  });

  it('takes as many steps as there are distinct eigenvalues', () => {
    for (const distinct of [1, 2, 3, 7]) {
      const a = withSpectrum(
        Array.from({ length: 60 }, (_, i) => 1 + (i % distinct)),
        distinct,
      );
      expect(conjugateGradient(operator(a), random(60, 1, 1).data, { tolerance: 1e-8 }).iterations).toBe(distinct);
    }
  });

  it('needs one step with the perfect preconditioner, and fewer with a good one', () => {
    const d = Float64Array.from({ length: 200 }, (_, i) => 10 ** (i / 40));
    const apply: Operator = (x) => x.map((xi, i) => d[i]! * xi);
    const b = random(200, 1, 3).data;
    const plain = conjugateGradient(apply, b, { tolerance: 1e-8 });
    const perfect = conjugateGradient(apply, b, { preconditioner: (r) => r.map((x, i) => x / d[i]!) });
    const good = conjugateGradient(apply, b, {
      tolerance: 1e-8,
      preconditioner: (r) => r.map((x, i) => x / (d[i]! * (1 + (i % 2)))),
    });
    expect(perfect).toMatchObject({ reason: 'converged', iterations: 1 });
    expect(good.iterations).toBeLessThanOrEqual(3);
    expect(plain.iterations).toBeGreaterThan(100);
  });

  it('starts at the answer, and answers zero with zero', () => {
    const a = positiveDefinite(20, 1);
    const x = random(20, 1, 2).data;
    const b = operator(a)(x);
    expect(conjugateGradient(operator(a), b, { start: x })).toMatchObject({ reason: 'converged', iterations: 0, solution: x }); // prettier-ignore
    expect(conjugateGradient(operator(a), new Float64Array(20), { start: x }).solution).toEqual(new Float64Array(20));
    expect(conjugateGradient((v) => v, new Float64Array(0)).reason).toBe('converged');
  });

  it('leaves the products to another place', () => {
    const a = positiveDefinite(30, 5);
    const b = random(30, 1, 6).data;
    const start = random(30, 1, 7).data;
    const steps = conjugateGradientSteps(b, { start });
    let turn = steps.next();
    while (!turn.done) turn = steps.next(operator(a)(turn.value));
    expect(turn.value).toEqual(conjugateGradient(operator(a), b, { start }));
    const short = conjugateGradientSteps(b);
    short.next();
    expect(() => short.next(new Float64Array(2))).toThrow('The operator returned');
  });

  it('stops with a reason', () => {
    const b = random(50, 1, 1).data;
    const spread = withSpectrum(
      Array.from({ length: 50 }, (_, i) => 10 ** (-i / 4)),
      1,
    );
    expect(conjugateGradient(operator(spread), b, { maxIterations: 5 })).toMatchObject({ reason: 'maxIterations', iterations: 5 }); // prettier-ignore
    const indefinite = withSpectrum(
      Array.from({ length: 50 }, (_, i) => i - 25.5),
      2,
    );
    const stopped = conjugateGradient(operator(indefinite), b);
    expect(stopped.reason).toBe('indefinite');
    expect(stopped.solution.every(Number.isFinite)).toBe(true);
    expect(conjugateGradient(operator(matrix(50, 50)), b).reason).toBe('indefinite');
    const wrong: Operator = (r) => r.map((x) => -x);
    expect(conjugateGradient((x) => x, b, { preconditioner: wrong }).reason).toBe('indefinitePreconditioner');
    // An operator that rounds to single precision: the true residual cannot reach the goal.
    const coarse: Operator = (x) => Float64Array.from(Float32Array.from(x, (xi) => 1.1 * xi));
    const third = b.map((x) => x / 3);
    expect(conjugateGradient(coarse, third, { tolerance: 1e-14 }).reason).toBe('stagnated');
    let calls = 0;
    const failing: Operator = (x) => (++calls === 4 ? x.map(() => NaN) : operator(spread)(x));
    const failed = conjugateGradient(failing, b);
    expect(failed).toMatchObject({ reason: 'nonFinite', iterations: 3 });
    expect(failed.solution).toEqual(conjugateGradient(operator(spread), b, { maxIterations: 3 }).solution);
  });

  it('takes any scale', () => {
    const a = positiveDefinite(30, 5);
    const b = random(30, 1, 6).data;
    const { solution } = conjugateGradient(operator(a), b);
    for (const k of [-900, 900]) {
      const scaled = conjugateGradient(operator(a), b.map((x) => x * 2 ** k)); // prettier-ignore
      expect(scaled.solution).toEqual(solution.map((x) => x * 2 ** k));
    }
  });

  it('says what is wrong', () => {
    const same: Operator = (x) => x;
    expect(() => conjugateGradient(same, Float64Array.of(NaN))).toThrow('b[0] is NaN');
    expect(() => conjugateGradient(same, Float64Array.of(1), { start: Float64Array.of(1, 2) })).toThrow('start has 2');
    expect(() => conjugateGradient(same, Float64Array.of(1), { tolerance: 1 })).toThrow('tolerance is 1');
    expect(() => conjugateGradient(same, Float64Array.of(1), { maxIterations: -1 })).toThrow('maxIterations is -1');
    expect(() => conjugateGradient(() => new Float64Array(2), Float64Array.of(1))).toThrow('The operator returned');
    const short: Operator = () => new Float64Array(0);
    expect(() => conjugateGradient(same, Float64Array.of(1), { preconditioner: short })).toThrow('The preconditioner');
  });
});
