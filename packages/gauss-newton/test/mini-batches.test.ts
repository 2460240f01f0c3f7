import { run, type CompositeOracle } from '@overparam/core';
import { composite, denseNetwork, squaredError, type Float64CompositeOracle } from '@overparam/backend-float64';
import { gaussNewton, levenbergMarquardt } from '@overparam/gauss-newton';
import { matrix, type Matrix } from '@overparam/linear-algebra';
import { describe, expect, it } from 'vitest';
import { network, uniform, vector } from './problems.ts';

/** One network, and a batch of 4 of its 16 samples for each step. */
function batches(seed: number): { readonly oracle: CompositeOracle; readonly loss: () => number } {
  const next = uniform(seed);
  const x = Array.from({ length: 16 }, () => [next(), next()]);
  const rows = (from: number, to: number): Matrix => matrix(to - from, 2, x.slice(from, to).flat());
  const target = ([a, b]: readonly number[]): number => Math.sin(2 * a!) * b!;
  const layers = [{ units: 12, activation: 'tanh' } as const, { units: 1 }];
  let w = vector(49, next);
  const of = (from: number, to: number): Float64CompositeOracle =>
    composite({
      model: denseNetwork({ inputs: rows(from, to), layers }),
      loss: squaredError(x.slice(from, to).map(target)),
      start: w,
    });
  let k = 0;
  let batch: Float64CompositeOracle;
  const oracle = new Proxy({} as CompositeOracle, {
    get: (_, key: keyof CompositeOracle) => {
      if (key === 'dimensions')
        return () => {
          batch = of(4 * (k % 4), 4 * (k % 4) + 4);
          k++;
          return batch.dimensions();
        };
      if (key === 'move') return (step: number) => (batch.move(step), (w = batch.parameters()), undefined);
      return key in of(0, 4) ? (...args: unknown[]): unknown => (batch[key] as (...args: unknown[]) => unknown)(...args) : undefined; // prettier-ignore
    },
  });
  return { oracle, loss: () => of(0, 16).loss() };
}

describe('mini-batches', () => {
  it('short damped steps train on them, and so does damping that moves slowly', () => {
    for (const [method, steps] of [
      [gaussNewton({ gamma: 0.3, damping: 1e-2, solver: 'dual' }), 80],
      [levenbergMarquardt({ damping: 'kfac', adaptEvery: 5, solver: 'dual' }), 80],
    ] as const) {
      const { oracle, loss } = batches(1);
      const before = loss();
      let state: object = method.init();
      for (let step = 0; step < steps; step++)
        state = run(method as ReturnType<typeof gaussNewton>, oracle, state as never).state;
      expect(loss()).toBeLessThan(before / 50);
    }
  });

  it('between adaptions the damping stays, and any finite step is taken', () => {
    const method = levenbergMarquardt({ damping: { rule: 'marquardt10', mu0: 1 }, adaptEvery: 3 });
    const oracle = network(7, { samples: 4, hidden: 6 });
    let state = method.init();
    const dampings = Array.from({ length: 7 }, () => {
      const { report, state: next } = run(method, oracle, state);
      state = next;
      expect(report.accepted).toBe(true);
      return [report.damping, report.nextDamping];
    });
    dampings.forEach(([now, then], k) => expect(then! / now!).toBeCloseTo(k % 3 === 0 ? 0.1 : 1, 12));
  });

  it('a step off the rhythm is still refused where the loss is not finite', () => {
    const method = levenbergMarquardt({ damping: { rule: 'marquardt10', mu0: 1 }, adaptEvery: 2 });
    const oracle = network(7, { samples: 4, hidden: 6 });
    const { state } = run(method, oracle, method.init());
    let first = true;
    const cliff = { ...oracle, probe: (step: number) => (first ? ((first = false), Infinity) : oracle.probe(step)) };
    const { report } = run(method, cliff, state);
    expect(report.attempts.map(({ accepted }) => accepted)).toEqual([false, true]);
    expect(report.damping).toBeCloseTo(10 * state.mu!, 12);
  });

  it('a warm start saves kernel products', () => {
    const iterations = (warmStart: boolean): number => {
      const method = gaussNewton({ solver: 'cg', damping: 1e-3, gamma: 1e-3, cg: { warmStart, tolerance: 1e-2 } });
      const oracle = network(3, { samples: 12, hidden: 8 });
      let state = method.init();
      let sum = 0;
      for (let k = 0; k < 4; k++) {
        const { report, state: next } = run(method, oracle, state);
        sum += report.linearIterations;
        state = next;
      }
      return sum;
    };
    expect(iterations(true)).toBeLessThan(iterations(false) / 2);
  });
});
