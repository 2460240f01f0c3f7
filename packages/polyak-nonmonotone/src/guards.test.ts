import { describe, expect, it } from 'vitest';
import { run, type AcceleratedOracle, type DirectionalOracle, type Method } from '@overparam/core';
import {
  adaSls,
  adaSlsHeavyBall,
  constantStep,
  ponos,
  ponosPrec,
  sls,
  slsAccelerated,
  slsGoldstein,
  slsPrec,
  sps,
  type PonosState,
  type StepReport,
} from '@overparam/polyak-nonmonotone';

type AnyMethod = Method<object, StepReport, DirectionalOracle & AcceleratedOracle>;

/** An oracle on one axis, from its answers alone, that counts its moves. */
const scripted = (
  { value, slope = -1, squaredGradientNorm = 1 }: { value: number; slope?: number; squaredGradientNorm?: number },
  probe: (step: number) => number = () => value / 2,
) => {
  const moves: number[] = [];
  const probes: number[] = [];
  return {
    moves,
    probes,
    linearize: () => ({ value, slope, squaredGradientNorm }),
    probe: (step: number) => (probes.push(step), probe(step)),
    move: (step: number) => void moves.push(step),
  };
};
const state: PonosState = { Q: 3, C: 2, lk: 2, eta: 0.25 };
const refusing = () => Infinity;

describe('the guard finite', () => {
  it.each([
    { value: NaN },
    { value: Infinity },
    { value: -Infinity },
    { value: 1, slope: NaN },
    { value: 1, squaredGradientNorm: Infinity },
  ])('skips a batch of %o and keeps the state', (at) => {
    const oracle = scripted(at);
    const step = run(ponos(), oracle, state);
    expect(step.state).toBe(state);
    expect(step.report).toMatchObject({ step: 0, failed: true, why: 'not-finite', value: at.value });
    expect([oracle.moves, oracle.probes]).toEqual([[], []]);
    for (const method of [sls(), sps(), constantStep()])
      expect(run(method, oracle, method.init() as never).report).toMatchObject({ step: 0, why: 'not-finite' });
    expect(oracle.moves).toEqual([]);
  });

  it('refuses trials that are not finite, and passes on the next', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const oracle = scripted({ value: 1 }, (step) => (step > 1 ? bad : 0.1));
      expect(run(ponos({ save_backtracks: false }), oracle, state).report).toMatchObject({
        failed: false,
        backtracks: 4,
      });
    }
  });

  it('tries the tiny step before it takes it', () => {
    const stuck = scripted({ value: 1 }, refusing);
    const step = run(ponos(), stuck, state);
    expect(step.state).toBe(state);
    expect(step.report).toMatchObject({ step: 0, failed: true, why: 'search-failed-not-finite', forwards: 101 });
    expect(stuck.moves).toEqual([]);
    const high = scripted({ value: 1 }, () => 7);
    expect(run(ponos(), high, state).report).toMatchObject({ step: 1e-6, why: 'search-failed', valueAfter: 7 });
    expect(high.moves).toEqual([1e-6]);
  });
});

describe('without guards, the official code', () => {
  const off = ponos({ guards: false });
  const next = (state: PonosState, at: Parameters<typeof scripted>[0], probe?: (step: number) => number) => {
    const oracle = scripted(at, probe);
    return { ...run(off, oracle, state), moves: oracle.moves, probes: oracle.probes };
  };

  it('is spoiled for ever by one NaN', () => {
    const one = next(state, { value: NaN, slope: NaN, squaredGradientNorm: NaN });
    expect(one.state).toEqual({ Q: 4, C: 'NaN', lk: 2, eta: 0.25 });
    expect(one.moves).toEqual([]);
    const two = next(JSON.parse(JSON.stringify(one.state)) as PonosState, { value: 1 });
    expect(two.report).toMatchObject({ failed: true, step: 1e-6, backtracks: 99, forwards: 100, valueAfter: null });
    expect(two.state).toEqual({ Q: 5, C: 'NaN', lk: 2 + 98, eta: 0.25 });
  });

  it('accepts every finite trial after one Infinity', () => {
    const one = next(state, { value: Infinity }, () => 3);
    expect(one.report).toMatchObject({ initialStep: 10, step: 10, reference: Infinity });
    expect(one.state.C).toBe('Infinity');
    expect(next(one.state, { value: 1 }, () => 1e9).report).toMatchObject({ failed: false, backtracks: 0 });
    expect(next(one.state, { value: 1 }, refusing).report.failed).toBe(true);
  });

  it('accepts -Infinity', () => {
    expect(next(state, { value: 1 }, () => -Infinity).report).toMatchObject({ failed: false, backtracks: 0 });
  });

  it('pins the step to min_eta for 98 steps after a failure', () => {
    let { state: now } = next({ ...state, C: 0.5 }, { value: 1 }, () => 7);
    expect(now.lk).toBe(100);
    for (let k = 0; k < 70; k++) {
      const step = next(now, { value: 1 });
      expect(step.report.initialStep).toBe(1e-6);
      now = step.state;
    }
  });

  it('starts from min_eta where f is negative, whatever f_star', () => {
    const oracle = scripted({ value: -1 }, () => -2);
    expect(run(ponos({ guards: false, f_star: -5 }), oracle, state).report.initialStep).toBe(1e-6);
  });
});

describe('the guard memory', () => {
  it('lets the next search start where the failed one gave up, and recovers', () => {
    const failed = run(
      ponos(),
      scripted({ value: 1 }, () => 7),
      state,
    );
    expect(failed.report.failed).toBe(true);
    let now = failed.state;
    const steps: number[] = [];
    for (let k = 0; k < 24; k++) {
      const step = run(
        ponos(),
        scripted({ value: 1 }, () => -100),
        now,
      );
      steps.push(step.report.initialStep);
      now = step.state;
    }
    expect(steps[0]).toBeGreaterThanOrEqual(1e-6);
    expect(steps[0]).toBeLessThan(2e-6);
    steps.slice(1, -1).forEach((step, i) => expect(step).toBeCloseTo(Math.min(2 * steps[i]!, 1 / 0.10000001), 9));
    expect(steps.at(-1)).toBe(1 / 0.10000001);
  });
});

describe('the guards f_star and previous_step', () => {
  it('take the gap to f_star for the numerator', () => {
    const oracle = scripted({ value: -1 }, () => -2);
    const { report } = run(ponos({ f_star: -1.5, save_backtracks: false }), oracle, state);
    expect(report.initialStep).toBeCloseTo(0.5 / 0.1, 6);
  });

  it('start from the last accepted step where f is below f_star, and from 1 if there is none', () => {
    const oracle = scripted({ value: -1 }, () => -2);
    const step = run(ponos(), oracle, state);
    expect(step.report).toMatchObject({ initialStep: 0.25, step: 0.25 });
    expect(step.state).toMatchObject({ lk: 2, eta: 0.25 });
    expect(run(ponos(), oracle, ponos().init()).report.initialStep).toBe(1);
    expect(run(ponos({ guards: { previous_step: false } }), oracle, state).report.initialStep).toBe(1e-6);
  });

  it('keep SPS from a step of 0 for ever', () => {
    const zero = scripted({ value: 0 });
    expect(run(sps(), zero, { eta: 0.5 })).toMatchObject({ state: { eta: 0.5 }, report: { why: 'stationary' } });
    expect(run(sps({ guards: false }), zero, { eta: 0.5 }).state).toEqual({ eta: 0 });
  });
});

describe('the guard descent', () => {
  it('does not search along a direction that climbs', () => {
    const climbing = scripted({ value: 1, slope: 0.5 });
    const step = run(ponos(), climbing, state);
    expect(step.state).toBe(state);
    expect(step.report).toMatchObject({ step: 0, failed: true, why: 'no-descent' });
    expect(climbing.probes).toEqual([]);
    expect(
      run(
        ponos({ guards: { descent: false } }),
        scripted({ value: 1, slope: 0.5 }, () => 9),
        state,
      ).report,
    ).toMatchObject({ why: 'search-failed' });
  });

  it('gives up momentum where it climbs', () => {
    const asked: string[] = [];
    const oracle = {
      ...scripted({ value: 1 }),
      direction: (name: string) => ({ slope: name === 'momentum' ? 2 : -1, squaredNorm: 1 }),
      probeAlong: (name: string) => (asked.push(name), 0),
      moveAlong: (name: string) => void asked.push(name),
    };
    const method = ponosPrec({ momentum2: 0.9 });
    expect(run(method, oracle, method.init()).report).toMatchObject({ fellBack: true, failed: false });
    expect(asked).toEqual(['preconditioned', 'preconditioned']);
  });
});

describe('a search along directions that fails', () => {
  const oracle = (trial: number, tiny: number) => {
    const moves: unknown[][] = [];
    return {
      ...scripted({ value: 1 }, () => trial),
      moves,
      direction: () => ({ slope: -1, squaredNorm: 1 }),
      probeAlong: (name: string) => (name === 'gradient' ? tiny : trial),
      moveAlong: (...about: unknown[]) => void moves.push(about),
      moveHeavyBall: (...about: unknown[]) => void moves.push(about),
      moveNesterov: (...about: unknown[]) => void moves.push(about),
    };
  };

  it('ends in a tiny step along -g, and the memory of its start is kept', () => {
    const high = oracle(7, 0.9);
    const method = ponosPrec({ reset_option: 'polyak-memory' });
    const { state, report } = run(method, high, { ...method.init(), lk: 3 });
    expect(report).toMatchObject({ step: 1e-6, failed: true, why: 'search-failed', valueAfter: 0.9, forwards: 101 });
    expect(high.moves).toEqual([['gradient', 1e-6]]);
    expect(state.lk).toBe(3);
    const official = ponosPrec({ reset_option: 213, guards: false });
    expect(run(official, high, { ...official.init(), lk: 3 }).state.lk).toBe(101);
  });

  it('leaves w where not even that is finite', () => {
    const lost = oracle(NaN, NaN);
    const failed = { step: 0, failed: true, why: 'search-failed-not-finite' };
    for (const method of [ponosPrec(), slsPrec()])
      expect(run(method, lost, method.init()).report).toMatchObject(failed);
    expect(run(adaSls(), lost, adaSls().init()).report).toMatchObject(failed);
    expect(run(slsAccelerated(), lost, slsAccelerated().init()).report).toMatchObject(failed);
    expect(lost.moves).toEqual([]);
  });

  it('keeps its momentum after the tiny step where the oracle can evaluate that, and drops it otherwise', () => {
    const unknown = oracle(7, 7);
    expect(run(slsAccelerated(), unknown, slsAccelerated().init()).report).toMatchObject({ step: 1e-6, failed: true });
    expect(unknown.moves).toEqual([[1e-6, 0]]);
    const lost = { ...oracle(7, 7), probeHeavyBall: () => NaN };
    expect(run(slsAccelerated(), lost, slsAccelerated().init()).report).toMatchObject({ step: 1e-6, valueAfter: 7 });
    expect(lost.moves).toEqual([[1e-6, 0]]);
    const high = { ...oracle(7, 7), probeHeavyBall: () => 6 };
    expect(run(slsAccelerated(), high, slsAccelerated().init()).report).toMatchObject({ step: 1e-6, valueAfter: 6 });
    expect(run(adaSls(), high, adaSls().init())).toMatchObject({ report: { step: 1e-6 }, state: { eta: 1e-6, k: 1 } });
    expect(high.moves).toEqual([
      [1e-6, 0.6],
      ['preconditioned', 1e-6],
    ]);
  });

  it('looks at the tiny step itself, not at the last trial', () => {
    for (const method of [adaSls(), adaSlsHeavyBall(), slsAccelerated()] as AnyMethod[]) {
      const tiny = (step: number): number => (step <= 1e-6 ? NaN : 7);
      const lost = {
        ...oracle(7, 7),
        probe: tiny,
        probeAlong: (_: string, step: number) => tiny(step),
        probeNesterov: tiny,
        probeHeavyBall: tiny,
      };
      expect(run(method, lost, method.init()).report).toMatchObject({ step: 0, why: 'search-failed-not-finite' });
      expect(lost.moves).toEqual([]);
    }
  });

  it('takes <g, P g> for a decrease that would be negative', () => {
    const climbing = {
      ...oracle(0, 0),
      direction: (name: string) => ({ slope: name === 'momentum' ? 2 : -1, squaredNorm: 1 }),
    };
    const rules = { suff_decr: 'dir_der', pp_norm_method: 'dir_der' } as const;
    const guarded = ponosPrec(rules);
    expect(run(guarded, climbing, guarded.init()).report.initialStep).toBeCloseTo(10, 5);
    const official = ponosPrec({ ...rules, guards: false });
    expect(run(official, climbing, official.init()).report.initialStep).toBeCloseTo(-5, 5);
  });
});

describe("Goldstein's search in SLS", () => {
  const cap = { eta_max: 2, reset_option: 'keep' } as const;

  it('ends at the longest step when all are too short', () => {
    const falling = scripted({ value: 1 }, (step) => 1 - step);
    const method = slsGoldstein(cap);
    const { state, report } = run(method, falling, method.init());
    expect(report).toMatchObject({ step: 2, failed: false, backtracks: 99, forwards: 100 });
    expect(state.eta).toBe(2);
  });

  it('takes the tiny step, or officially its last trial, when all are too long', () => {
    for (const [guards, step] of [
      [true, 1e-6],
      [false, 0.9 ** 99],
    ] as const) {
      const rising = scripted({ value: 1 }, (step) => 1 + step);
      const method = slsGoldstein({ ...cap, guards });
      const { report } = run(method, rising, method.init());
      expect(report.failed).toBe(true);
      expect(rising.moves[0]).toBeCloseTo(step, 12);
    }
  });
});

describe('the report', () => {
  it("passes on that the oracle's direction fell back", () => {
    const oracle = {
      ...scripted({ value: 1 }),
      linearize: () => ({ value: 1, slope: -1, squaredGradientNorm: 1, fellBack: true }),
    };
    expect(run(ponos(), oracle, state).report.fellBack).toBe(true);
    expect(run(constantStep(), oracle, {}).report).toMatchObject({ fellBack: true, step: 1e-3, reference: null });
  });
});

describe('clipping', () => {
  it('comes after the memory in the code, and before it in the paper', () => {
    const huge = { value: 100, squaredGradientNorm: 1, slope: -1 };
    const initial = (clipping: 'code' | 'paper') => run(ponos({ clipping }), scripted(huge), state).report.initialStep;
    expect(initial('code')).toBe(10);
    expect(initial('paper')).toBe(2.5);
  });
});
