import { counting, minimize, observing, run, runAsync, type Counts, type Method, type Question } from '@overparam/core';
import { composite, denseNetwork, squaredError, type Float64CompositeOracle } from '@overparam/backend-float64';
import {
  gaussNewton,
  levenbergMarquardt,
  type GaussNewtonOracle,
  type GaussNewtonReport,
} from '@overparam/gauss-newton';
import { cholesky, matrix } from '@overparam/linear-algebra';
import { armijo, backtracking } from '@overparam/line-search';
import { describe, expect, it } from 'vitest';
import { apart, network } from './problems.ts';

const wide = { samples: 4, hidden: 6, outputs: 2 };
const narrow = { samples: 20, hidden: 2 };

type Any = Method<object, Pick<GaussNewtonReport, 'value' | 'valueAfter' | 'stopped'>, GaussNewtonOracle>;
const any = (...methods: unknown[]): Any[] => methods as Any[];

/** What one step asks. */
const asked = (method: ReturnType<typeof gaussNewton>, oracle: GaussNewtonOracle): Counts => {
  const { oracle: counted, counts } = counting(oracle);
  run(method, counted, method.init());
  return counts;
};

/** The same oracle without some questions. */
const without = (
  oracle: Float64CompositeOracle,
  ...names: readonly (keyof Float64CompositeOracle)[]
): GaussNewtonOracle =>
  Object.fromEntries(
    Object.entries(oracle).filter(([name]) => !names.includes(name as keyof Float64CompositeOracle)),
  ) as unknown as GaussNewtonOracle;

const bare = (oracle: Float64CompositeOracle): GaussNewtonOracle =>
  without(oracle, 'jacobian', 'direct', 'probeOutputs', 'displacementProduct', 'sizes', 'largestSquaredColumn');

describe('a step asks', () => {
  it('one kernel, one pullback and one evaluation', () => {
    const step = { dimensions: 1, lossGradient: 1, kernel: 1, pullback: 1, probe: 1, move: 1 };
    expect(asked(gaussNewton(), bare(network(1, wide)))).toEqual(step);
    expect(asked(gaussNewton({ damping: 1e-3 }), network(1, wide))).toEqual(step);
    expect(asked(gaussNewton({ stepTolerance: 1e-9 }), network(1, wide))).toEqual({ ...step, sizes: 1 });
    expect(asked(gaussNewton({ curvature: 'loss' }), bare(network(1, wide)))).toEqual({
      ...step,
      lossHessianFactor: 1,
    });
    expect(asked(gaussNewton({ search: 'grid' }), bare(network(1, wide)))).toEqual({ ...step, probe: 31 });
    expect(asked(gaussNewton({ momentum: 0.5 }), network(1, wide))).toEqual({
      ...step,
      displacementProduct: 1,
      sizes: 1,
    });
  });

  it('the Jacobian in place of a kernel where that is smaller, and answered', () => {
    const step = { dimensions: 1, lossGradient: 1, jacobian: 1, direct: 1, probe: 1, move: 1 };
    expect(asked(gaussNewton(), without(network(1, narrow), 'sizes'))).toEqual(step);
    expect(asked(gaussNewton(), bare(network(1, narrow)))).toHaveProperty('kernel', 1);
    expect(asked(gaussNewton({ solver: 'dual' }), network(1, narrow))).toHaveProperty('kernel', 1);
    expect(() => asked(gaussNewton({ solver: 'primal' }), bare(network(1, wide)))).toThrow("asks 'jacobian', 'direct'");
  });

  it('a kernel product an iteration, and two more, where there are many outputs', () => {
    const oracle = bare(network(1, wide));
    const direct = gaussNewton({ damping: 1e-2, cg: { above: 8 } });
    expect(asked(direct, oracle)).toHaveProperty('kernel', 1);
    const method = gaussNewton({ damping: 1e-2, cg: { above: 7, tolerance: 1e-3 } });
    const { oracle: counted, counts } = counting(bare(network(1, wide)));
    const { report, state } = run(method, counted, method.init());
    expect(report).toMatchObject({ form: 'cg', sigmaMin: null });
    expect(counts).not.toHaveProperty('kernel');
    // One checks the residual of the solution, and one takes it on.
    expect(counts['kernelProduct']).toBe(report.linearIterations + 2);
    expect(state.restart.length).toBe(8);
    // A spectrum has to be known: then there is a kernel.
    expect(asked(gaussNewton({ cg: { above: 1 } }), bare(network(1, wide)))).toHaveProperty('kernel', 1);
  });

  it('no more kernels for trials that are refused', () => {
    const method = levenbergMarquardt({ damping: { rule: 'nielsen', mu0: 1e-12 }, curvature: 'identity' });
    const { oracle, counts } = counting(network(23, { samples: 6, hidden: 12 }));
    let state = method.init();
    let refused = 0;
    let steps = 0;
    let trials = 0;
    for (; steps < 12; steps++) {
      const { report, state: next } = run(method, oracle, state);
      state = next;
      trials += report.attempts.length;
      refused += report.attempts.filter(({ accepted }) => !accepted).length;
    }
    expect(refused).toBeGreaterThan(0);
    expect(counts['kernel']).toBe(steps);
    expect(counts['probe']).toBe(trials);
    expect(state.evaluations).toBe(trials + steps);
  });

  it('for the first damping what the oracle tells', () => {
    const first = (oracle: GaussNewtonOracle, options = {}) => {
      const method = levenbergMarquardt({ damping: { rule: 'nielsen', tau: 1e-3 }, ...options });
      return run(method, oracle, method.init()).report.damping;
    };
    const sum = { ...wide, reduction: 'sum' as const };
    const J = network(1, sum).jacobian();
    const columns = Array.from({ length: J.columns }, (_, j) =>
      J.data.reduce((total, x, i) => (i % J.columns === j ? total + x * x : total), 0),
    );
    const told = 1e-3 * Math.max(...columns);
    expect(first(network(1, sum))).toBeCloseTo(told, 12);
    expect(first(network(1, sum), { solver: 'primal' })).toBeCloseTo(told, 12);
    // At most the trace.
    for (const solver of ['dual', 'cg'] as const) expect(first(bare(network(1, sum)), { solver })).toBeGreaterThan(0);
    expect(first(bare(network(1, sum)))).toBeGreaterThan(told);
    expect(first(network(1, sum), { scaling: true })).toBe(1e-3);
  });
});

describe('composition', () => {
  /** As a method that trains only some modules wraps its oracle. */
  const restricted = (oracle: Float64CompositeOracle, modules: readonly string[]): Float64CompositeOracle => {
    const last = { dimensions: 0, linearize: 0, kernel: 0, jacobian: 0, displacementProduct: 0, largestSquaredColumn: 0, kernelProduct: 1, pullback: 1, direct: 1 }; // prettier-ignore
    return new Proxy(oracle, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        const position = (last as Record<string, number | undefined>)[key as string];
        return (...args: object[]): unknown => {
          if (position !== undefined) args[position] = { ...args[position], modules };
          return member.apply(target, args);
        };
      },
    });
  };

  it('an oracle that adds modules to every question trains those alone', () => {
    for (const method of any(
      gaussNewton({ momentum: 0.5, damping: 1e-2 }),
      gaussNewton({ solver: 'primal' }),
      gaussNewton({ solver: 'cg', damping: 1e-2 }),
      levenbergMarquardt({ geodesic: true }),
      levenbergMarquardt({ scaling: true }),
    )) {
      const inner = network(1, wide);
      const w = inner.parameters();
      const oracle = restricted(inner, ['dense1']);
      let state = method.init();
      let value = Infinity;
      for (let k = 0; k < 4; k++) {
        const step = run(method, oracle, state);
        state = step.state;
        expect(step.report.value).toBeLessThan(value);
        value = step.report.value;
      }
      const after = inner.parameters();
      expect(after.slice(0, 18)).toEqual(w.slice(0, 18));
      expect(apart(after.slice(18), w.slice(18))).toBeGreaterThan(0);
    }
  });

  it('a search of line-search is taken as it is', () => {
    const own = gaussNewton({ gamma: 16, search: backtracking({ accept: armijo({ c: 1e-4 }), delta: 0.5 }) });
    const named = gaussNewton({ gamma: 16, search: 'armijo' });
    const [a, b] = [network(2, wide), network(2, wide)];
    const one = run(own, a, own.init());
    const { report } = run(named, b, named.init());
    expect(one.report).toEqual(report);
    expect(a.parameters()).toEqual(b.parameters());
    expect(report.trials).toBeGreaterThan(1);
    expect(report.step).toBe(64 * 0.5 ** (report.trials - 1));
  });

  it('an oracle that answers with promises gives the same steps', async () => {
    for (const method of any(gaussNewton(), levenbergMarquardt({ solver: 'cg' }))) {
      const [now, later] = [network(3, wide), network(3, wide)];
      const promising = new Proxy(later, {
        get: (target, key) => {
          const member: unknown = Reflect.get(target, key);
          if (typeof member !== 'function') return member;
          return (...args: unknown[]) => Promise.resolve(member.apply(target, args) as unknown);
        },
      });
      const step = run(method, now, method.init());
      expect(await runAsync(method, promising, method.init())).toEqual(step);
      expect(later.parameters()).toEqual(now.parameters());
    }
  });

  it('momentum that does not descend is dropped for a search', () => {
    const method = gaussNewton({ momentum: 0.99, damping: 1e-3, search: 'armijo', gamma: 1 });
    const oracle = network(4, wide);
    const asks: Question[] = [];
    const watched = observing(oracle, { asked: (question) => void asks.push(question) });
    let state = method.init();
    for (let k = 0; k < 25; k++) {
      const { report, state: next } = run(method, watched, state);
      expect(report.slope).toBeLessThanOrEqual(0);
      expect(report.valueAfter).toBeLessThanOrEqual(report.value);
      state = next;
    }
    const withMomentum = asks.filter(({ name, args }) => name === 'pullback' && args[1] !== undefined);
    expect(withMomentum.length).toBeGreaterThan(0);
  });
});

describe('minimize', () => {
  it.each([
    ['gradient', levenbergMarquardt({ gradientTolerance: 1e-6, stepTolerance: null, costTolerance: null })],
    ['step', levenbergMarquardt({ gradientTolerance: null, stepTolerance: 1e-4, costTolerance: null })],
    ['cost', levenbergMarquardt({ gradientTolerance: null, stepTolerance: null, costTolerance: 1e-4 })],
    ['target', levenbergMarquardt({ targetLoss: 1e-3 })],
    ['evaluations', levenbergMarquardt({ maxEvaluations: 5 })],
    ['damping', levenbergMarquardt({ gradientTolerance: null, stepTolerance: null, costTolerance: null })],
    ['target', gaussNewton({ targetLoss: 1e-3 })],
    ['step', gaussNewton({ stepTolerance: 1e-4 })],
    ['cost', gaussNewton({ costTolerance: 0.3 })],
    ['evaluations', gaussNewton({ maxEvaluations: 5 })],
    ['no-decrease', gaussNewton({ search: 'armijo', gamma: 1 })],
  ])('stops by itself: %s', async (reason, method) => {
    const few = reason === 'damping' || reason === 'cost';
    const oracle = network(2, few ? { samples: 8, hidden: 1 } : wide);
    const done = await minimize(any(method)[0]!, oracle, { steps: 2000 });
    expect(done).toMatchObject({ stopped: 'method', reason });
    expect(done.report!.stopped).toBe(reason);
    expect(oracle.loss()).toBe(done.report!.valueAfter);
  });

  it('a loss that is not finite stops, at w and at the only trial', () => {
    const oracle = network(2, wide);
    const w = oracle.parameters();
    for (const method of any(gaussNewton(), levenbergMarquardt())) {
      const nowhere = { ...oracle, probe: () => Infinity };
      const step = run(method, nowhere, method.init());
      expect([step.stopped, step.report.valueAfter]).toEqual(
        method.name === 'gauss-newton' ? ['non-finite', step.report.value] : ['step', step.report.value],
      );
      expect(oracle.parameters()).toEqual(w);
      oracle.setParameters(w.map(() => 1e308));
      expect(run(method, oracle, method.init()).stopped).toBe('non-finite');
      expect(oracle.parameters()[0]).toBe(1e308);
      oracle.setParameters(w);
    }
  });

  it('a kernel that rounding made indefinite is clamped', () => {
    // Four samples, each of which comes twice, and a kernel in single precision.
    const inputs = matrix(
      8,
      2,
      [1, 2, 3, 4, 5, 6, 7, 8].flatMap((t) => [Math.sin(t % 4), Math.cos(t % 4)]),
    );
    const model = denseNetwork({ inputs, layers: [{ units: 9, activation: 'tanh' }, { units: 1 }] });
    const start = Float64Array.from({ length: model.parameters }, (_, i) => Math.sin(i * i));
    const oracle = composite({ model, loss: squaredError([1, 2, 3, 4, 1, 2, 3, 4]), start });
    const K = oracle.kernel();
    const single = K.data.map((x, at) => Math.fround(x * (1 + 1e-8 * Math.sin(Math.floor(at / 8) + (at % 8)))));
    expect(cholesky({ ...K, data: single }, { shift: 1e-9 }).positiveDefinite).toBe(false);
    const indefinite = { ...oracle, kernel: () => ({ ...K, data: single }) };
    const w = oracle.parameters();
    for (const method of any(
      gaussNewton({ damping: 1e-9 }),
      gaussNewton({ damping: 0 }),
      gaussNewton(),
      levenbergMarquardt({ damping: { rule: 'nielsen', mu0: 1e-12 } }),
    )) {
      oracle.setParameters(w);
      const { report } = run(method, indefinite, method.init());
      expect(report.valueAfter).toBeLessThan(report.value);
      if ('sigmaMin' in report && report.sigmaMin !== null) expect(report.sigmaMin).toBe(0);
    }
  });

  it('answers of another shape are errors, and so is an empty batch', () => {
    const oracle = network(6, wide);
    const of = (spoiled: Partial<Float64CompositeOracle>) => () => {
      const method = gaussNewton({ curvature: 'loss', solver: 'dual' });
      run(method, { ...oracle, ...spoiled }, method.init());
    };
    const small = { rows: 3, columns: 3, data: new Float64Array(9) };
    expect(of({ kernel: () => small })).toThrow(
      'The kernel is 3 x 3: by the dimensions of the batch it has to be 8 x 8.',
    );
    expect(of({ lossGradient: () => small })).toThrow('The loss gradient is 3 x 3');
    expect(of({ lossHessianFactor: () => small })).toThrow('has to be 8 x 2');
    expect(of({ dimensions: () => ({ samples: 0, outputs: 1, parameters: 3 }) })).toThrow('The batch has 0 samples');
  });
});
