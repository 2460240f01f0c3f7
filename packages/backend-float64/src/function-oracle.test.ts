import { minimize, run, type AcceleratedOracle, type Method, type TrialGradientOracle } from '@overparam/core';
import { ponos, slsAccelerated, slsExtragradient } from '@overparam/polyak-nonmonotone';
import { describe, expect, it } from 'vitest';
import { functionOracle } from './index.ts';

/** Rosenbrock's valley, 100 (y - x^2)^2 + (1 - x)^2. */
const valley = ([x, y]: Float64Array): { value: number; gradient: number[] } => {
  const [a, b] = [y! - x! ** 2, 1 - x!];
  return { value: 100 * a ** 2 + b ** 2, gradient: [-400 * a * x! - 2 * b, 200 * a] };
};
/** |w|^2 / 2 */
const bowl = (w: Float64Array): { value: number; gradient: Float64Array } => ({
  value: w.reduce((sum, x) => sum + x * x, 0) / 2,
  gradient: w,
});

describe('functionOracle', () => {
  it('answers value, slope and gradient, and moves', () => {
    const oracle = functionOracle(valley, [-1.2, 1]);
    const g = [-215.6, -88];
    const at = oracle.linearize();
    expect(at.value).toBeCloseTo(24.2, 12);
    expect(at.slope).toBeCloseTo(-(g[0]! ** 2 + g[1]! ** 2), 8);
    expect(at.squaredGradientNorm).toBe(-at.slope);
    expect(oracle.probe(0)).toBe(at.value);
    oracle.move(1e-3);
    expect(oracle.parameters()[0]).toBeCloseTo(-1.2 + 0.2156, 12);
  });

  it('keeps to the modules', () => {
    const oracle = functionOracle(valley, [-1.2, 1], { modules: { x: [0, 1], y: [1, 2] } });
    expect(oracle.linearize({ modules: ['y'] }).squaredGradientNorm).toBeCloseTo(88 ** 2, 8);
    oracle.move(1e-3);
    expect(oracle.parameters()[0]).toBe(-1.2);
    expect(oracle.linearize({ modules: [] })).toMatchObject({ slope: 0, squaredGradientNorm: 0 });
  });

  it('is minimized by PoNoS', async () => {
    const oracle = functionOracle(bowl, [3, -4]);
    const { report } = await minimize(ponos({ xi: 0 }), oracle, { steps: 100 });
    // PoNoS adds 1e-8 to |g|^2, so its steps get short from there on.
    expect(report!.value).toBeLessThan(1e-9);
    for (const x of oracle.parameters()) expect(Math.abs(x)).toBeLessThan(1e-4);
  });

  it('linearizes at a trial, and extrapolates', () => {
    const oracle = functionOracle(bowl, [2, 0]);
    oracle.linearize();
    expect(oracle.probeGradient(0.25)).toEqual({
      value: 1.125,
      slope: -3,
      squaredGradientNorm: 2.25,
      squaredGradientChange: 0.25,
    });
    oracle.moveExtragradient(0.5);
    expect([...oracle.parameters()]).toEqual([1.25, 0]);
    oracle.linearize();
    oracle.moveHeavyBall(0.4, 0.5);
    expect([...oracle.parameters()]).toEqual([0.375, 0]);
    oracle.setParameters([1, 1]);
    oracle.linearize();
    oracle.moveNesterov(0.5, 0.25);
    expect([...oracle.parameters()]).toEqual([0.625, 0.625]);
    oracle.linearize();
    oracle.moveNesterov(0.2, -0.5);
    expect([...oracle.parameters()]).toEqual([0.5, 0.5]);
  });

  it('serves accelerated and extragradient methods', () => {
    const drive = <S, R>(method: Method<S, R, TrialGradientOracle & AcceleratedOracle>): number => {
      const oracle = functionOracle(bowl, [3, -1]);
      let state = method.init();
      for (let k = 0; k < 200; k++) ({ state } = run(method, oracle, state));
      return oracle.linearize().value;
    };
    expect(drive(slsAccelerated({ acceleration_method: 'nesterov' }) as never)).toBeLessThan(1e-10);
    expect(drive(slsExtragradient({ n_batches_per_epoch: 1 }) as never)).toBeLessThan(1e-10);
  });

  it('leaves the start to the caller', () => {
    const start = [1, 2];
    const oracle = functionOracle((w) => ({ ...bowl(w.slice()), value: w.fill(0).length }), start);
    oracle.linearize();
    oracle.move(0.5);
    expect(start).toEqual([1, 2]);
    expect([...oracle.parameters()]).toEqual([0.5, 1]);
  });

  it('passes on what f throws, and stays where it was', async () => {
    let calls = 0;
    const fails = (w: Float64Array): { value: number; gradient: Float64Array } => {
      if (++calls === 4) throw new Error('no data');
      return bowl(w);
    };
    const oracle = functionOracle(fails, [3]);
    await expect(minimize(ponos(), oracle, { steps: 9 })).rejects.toThrow('no data');
    expect(Number.isFinite(oracle.parameters()[0])).toBe(true);
  });

  it('says what it does not take', () => {
    expect(() => functionOracle(bowl, [])).toThrow('There are 0 parameters given: it takes one or more.');
    expect(() => functionOracle(bowl, [0, NaN])).toThrow('The parameter [1] is NaN');
    expect(() => functionOracle(bowl, [0], { modules: { a: [0, 2] } })).toThrow('modules.a is "[0, 2]"');
    expect(() => functionOracle(bowl, [0], { modules: {} })).toThrow('modules is "{}"');
    const short = functionOracle(() => ({ value: 1, gradient: [1] }), [1, 2]);
    expect(() => short.linearize()).toThrow('The gradient has 1 numbers, and there are 2 parameters.');
    const oracle = functionOracle(bowl, [1]);
    expect(() => oracle.moveExtragradient(1)).toThrow("asked before 'probeGradient'");
    oracle.linearize();
    expect(() => oracle.probe(NaN)).toThrow("The step of 'probe' is NaN");
    expect([...oracle.parameters()]).toEqual([1]);
  });
});
