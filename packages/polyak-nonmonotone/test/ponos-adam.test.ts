import { readFileSync } from 'node:fs';
import { checkpoint, minimize, observing, run, type DirectionalOracle } from '@overparam/core';
import { ponosAdam, type PonosAdamOptions, type PonosAdamState } from '@overparam/polyak-nonmonotone';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeastSquaresOracle, type DirectionRule } from './least-squares.ts';
import { randomProblem } from './random-problem.ts';

const adam: DirectionRule = { rule: 'adam', beta1: 0.9, d: 'momentum' };

/** Decisions of the prototype that the method was developed with, on the problem of a seed. */
interface Recorded {
  readonly seed: number;
  readonly options: PonosAdamOptions;
  readonly steps: number | 'unbounded';
  /** Of each step: the remembered step after it, evaluations, and f on the batch after it. */
  readonly decisions: readonly (readonly [eta: number, forwards: number, after: number])[];
}
const recorded = JSON.parse(
  readFileSync(new URL('ponos-adam-decisions.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

describe('ponosAdam decides as its prototype did', () => {
  it.each(recorded)('on problem $seed with steps $steps and $options', ({ seed, options, steps, decisions }) => {
    const problem = randomProblem(seed, { steps: decisions.length });
    const oracle = new LeastSquaresOracle(problem, adam);
    const method = ponosAdam({ kappa: 0.5, tolerance: 0.1, ...options, steps });
    let state = method.init();
    let fallbacks = 0;
    decisions.forEach(([eta, forwards, after], k) => {
      oracle.batch = problem.batches[k]!;
      const step = run(method, oracle, state);
      state = step.state;
      fallbacks += Number(step.report.fellBack);
      expect(step.report.forwards).toBe(forwards);
      expect(state.eta! / eta).toBeCloseTo(1, 9);
      expect(oracle.value() / after).toBeCloseTo(1, 7);
    });
    expect(fallbacks).toBeGreaterThan(5);
  });
});

/** The steps of a run on random batches, with f and the parameters in other units. */
function stepsOf(seed: number, options: PonosAdamOptions, { f = 1, w = 1 } = {}): number[] {
  const problem = randomProblem(seed, { steps: 40 });
  const scale = Math.sqrt(f);
  const oracle = new LeastSquaresOracle(
    {
      X: problem.X.map((x) => x.map((v) => (v * scale) / w)),
      y: problem.y.map((v) => v * scale),
      w0: problem.w0.map((v) => v * w),
    },
    { ...adam, epsilon: 0 },
  );
  const method = ponosAdam({ dense: 10, every: 3, ...options });
  let state = method.init();
  return problem.batches.map((batch) => {
    oracle.batch = batch;
    const step = run(method, oracle, state);
    state = step.state;
    return step.report.step;
  });
}

const options = fc.record({
  steps: fc.constantFrom(40, 100, 'unbounded' as const),
  c1: fc.double({ min: 0.2, max: 0.6, noNaN: true }),
  c2: fc.constantFrom(null, 0.7, 0.9),
  kappa: fc.double({ min: 0.1, max: 1, noNaN: true }),
  n0: fc.integer({ min: 1, max: 100 }),
});
const exponent = fc.integer({ min: -8, max: 8 });

describe('the steps of ponosAdam', () => {
  it('do not change with the unit of f', () => {
    fc.assert(
      fc.property(fc.nat(1000), options, exponent, (seed, given, e) => {
        const steps = stepsOf(seed, given);
        stepsOf(seed, given, { f: 4 ** e }).forEach((step, k) => expect(step / steps[k]!).toBeCloseTo(1, 6));
      }),
      { numRuns: 60 },
    );
  });

  it('are in the unit of the parameters', () => {
    fc.assert(
      fc.property(fc.nat(1000), options, exponent, (seed, given, e) => {
        const steps = stepsOf(seed, given);
        stepsOf(seed, given, { w: 2 ** e }).forEach((step, k) => expect(step / 2 ** e / steps[k]!).toBeCloseTo(1, 6));
      }),
      { numRuns: 60 },
    );
  });

  it('fall along a line to the last of the horizon', () => {
    const problem = randomProblem(5, { steps: 30 });
    const oracle = new LeastSquaresOracle(problem, adam);
    const method = ponosAdam({ steps: 30, dense: 1 });
    let state = method.init();
    problem.batches.forEach((batch, k) => {
      oracle.batch = batch;
      const before = state.eta;
      const { report, state: after } = run(method, oracle, state);
      if (before !== null && report.backtracks === 0) expect(report.step).toBeCloseTo(before * (1 - k / 30), 12);
      state = after;
    });
  });
});

/** An oracle that answers with any numbers. */
function anyAnswers(numbers: () => number): DirectionalOracle & { moves: number[] } {
  const moves: number[] = [];
  const summary = { slope: 0, squaredNorm: 1 };
  return {
    moves,
    linearize: () => ({ value: numbers(), slope: numbers(), squaredGradientNorm: Math.abs(numbers()) }),
    probe: () => numbers(),
    move: (step) => void moves.push(step),
    direction: () => ({ ...summary, slope: numbers() }),
    probeAlong: () => numbers(),
    moveAlong: () => undefined,
  };
}

describe('whatever an oracle answers', () => {
  const answers = fc.infiniteStream(
    fc.oneof(
      { weight: 3, arbitrary: fc.double({ min: -10, max: 10, noNaN: true }) },
      { weight: 1, arbitrary: fc.double() },
      { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 5e-324, -1.7e308) },
    ),
  );

  it('state and steps stay finite, and eta changes within its bounds', () => {
    fc.assert(
      fc.property(options, answers, (given, stream) => {
        const oracle = anyAnswers(() => stream.next().value as number);
        const method = ponosAdam({ ...given, dense: 20, every: 2 });
        let state: PonosAdamState = method.init();
        for (let k = 0; k < 40; k++) {
          const before = state;
          const { state: after, report } = run(method, oracle, state);
          state = after;
          expect(() => checkpoint(method, state)).not.toThrow();
          expect(report.step).toBeGreaterThanOrEqual(0);
          if (before.eta === null) continue;
          const change = Math.log(state.eta! / before.eta);
          expect(change).toBeLessThanOrEqual(0.7 + 1e-12);
          // Where no trial was finite, the step that comes next is the last tried.
          if (report.why === 'search-failed-not-finite') continue;
          expect(change).toBeGreaterThanOrEqual(-2 * (given.kappa / (1 + before.n / given.n0)) - 1e-12);
          if (report.ratio === null) expect(change).toBe(0);
        }
        expect(oracle.moves.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('a direction that ascends teaches nothing, and is gone along as Adam goes', () => {
    const problem = randomProblem(7, { steps: 120 });
    const oracle = new LeastSquaresOracle(problem, adam);
    const method = ponosAdam({ steps: 'unbounded' });
    let state = method.init();
    let seen = 0;
    for (const batch of problem.batches) {
      oracle.batch = batch;
      const before = state;
      const { state: after, report } = run(method, oracle, state);
      if (report.fellBack) {
        seen++;
        expect(report).toMatchObject({ ratio: null, forwards: 0, step: before.eta });
        expect({ ...after, k: 0, Q: 0, C: 0 }).toEqual({ ...before, k: 0, Q: 0, C: 0 });
      }
      state = after;
    }
    expect(seen).toBeGreaterThan(5);
  });
});

describe('trials of ponosAdam', () => {
  it('are made at each dense step, and at one of `every` from then on', () => {
    const problem = randomProblem(2, { steps: 60 });
    const oracle = new LeastSquaresOracle(problem, adam);
    const probes: number[] = [];
    let step = 0;
    const watched = observing(oracle, { asked: ({ name }) => void (name === 'probe' && probes.push(step)) });
    const method = ponosAdam({ dense: 20, every: 7 });
    let state = method.init();
    for (; step < 60; step++) {
      oracle.batch = problem.batches[step]!;
      ({ state } = run(method, watched, state));
    }
    const late = [...new Set(probes)].filter((k) => k >= 20);
    expect(late.length).toBeGreaterThan(2);
    expect(late.every((k) => k % 7 === 0)).toBe(true);
  });
});

describe('the end of a run', () => {
  const method = ponosAdam();
  const at = (k: number, decay: PonosAdamState['decay'] = null): PonosAdamState => ({ ...method.init(), k, decay });

  it('is known to the trainer, unless the options say otherwise', () => {
    expect(method.endIn!(at(0), 100, 'known').decay).toEqual({ start: 0, end: 100, from: 1 });
    for (const steps of [50, 'unbounded'] as const) {
      const own = ponosAdam({ steps });
      const state = own.init();
      expect(own.endIn!(state, 100, 'known')).toEqual(state);
      expect(own.endIn!(state, 100, 'asked').decay).toEqual({ start: 0, end: 100, from: 1 });
    }
  });

  it('that stays where it is leaves the state as it is; another one continues from the part reached', () => {
    const decay = { start: 0, end: 100, from: 1 };
    expect(method.endIn!(at(40, decay), 60, 'known').decay).toEqual(decay);
    expect(method.endIn!(at(40, decay), 20, 'asked').decay).toEqual({ start: 40, end: 60, from: 0.6 });
    // A run that is over begins anew.
    expect(method.endIn!(at(100, decay), 50, 'known').decay).toEqual({ start: 100, end: 150, from: 1 });
  });

  it('past which a run goes keeps the last part', async () => {
    const problem = randomProblem(3);
    const { state, report } = await minimize(ponosAdam({ steps: 10, dense: 1 }), new LeastSquaresOracle(problem, adam), { steps: 25 }); // prettier-ignore
    expect(report!.step).toBeCloseTo(state.eta! / 10, 12);
  });
});

describe('the average of the points', () => {
  const problem = randomProblem(6, { steps: 60 });
  /** The points after each step, and the average in the end. */
  function trained(options: PonosAdamOptions, finishAt = Infinity) {
    const oracle = new LeastSquaresOracle(problem, adam);
    const method = ponosAdam(options);
    let state = method.init();
    const points = problem.batches.map((batch, k) => {
      oracle.batch = batch;
      if (k === finishAt) state = method.endIn!(state, 60 - k, 'asked');
      ({ state } = run(method, oracle, state));
      return oracle.w;
    });
    return { points, averaged: oracle.averaged };
  }

  it('is that of every fourth, with weights 9 / (t + 8), in a run without an end', () => {
    const { points, averaged } = trained({ steps: 'unbounded' });
    let mean = problem.w0 as number[];
    for (let t = 1; t <= 15; t++) {
      const w = points[4 * t - 1]!;
      mean = mean.map((x, i) => x + (9 / (t + 8)) * (w[i]! - x));
    }
    averaged.forEach((x, i) => expect(x).toBeCloseTo(mean[i]!, 12));
    expect(averaged).not.toEqual(points.at(-1));
  });

  it('is not taken in a run that decays to its end, and is the last point where the end was asked for', () => {
    expect(trained({ steps: 60 }).averaged).toEqual(problem.w0);
    const { points, averaged } = trained({ steps: 'unbounded' }, 40);
    averaged.forEach((x, i) => expect(x).toBeCloseTo(points.at(-1)![i]!, 12));
  });

  it('is asked only of oracles that keep one', () => {
    const oracle = new LeastSquaresOracle(problem, adam);
    const asked: string[] = [];
    const watched = observing(oracle, { asked: ({ name }) => void asked.push(name) });
    const without = new Proxy(watched, { get: (of, name) => (name === 'average' ? undefined : Reflect.get(of, name)) });
    const method = ponosAdam();
    let state = method.init();
    for (const batch of problem.batches) {
      oracle.batch = batch;
      ({ state } = run(method, without, state));
    }
    expect(asked).not.toContain('average');
  });
});

describe('options of ponosAdam', () => {
  it.each([
    { steps: 0 },
    { steps: 1.5 },
    { steps: 'soon' },
    { steps: Infinity },
    { c1: 0 },
    { c1: 0.9 },
    { c2: 1 },
    { c2: 0.5 },
    { kappa: 0 },
    { n0: -1 },
    { beta: 1 },
    { every: 0 },
    { dense: -1 },
    { delta: 1 },
    { tolerance: 0 },
    { f_star: NaN },
  ])('%j is refused', (given) => {
    expect(() => ponosAdam(given as PonosAdamOptions)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
