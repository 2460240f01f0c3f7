import { describe, expect, it } from 'vitest';
import { checkpoint, observing, restore, run, runAsync, type Matrix, type Method } from '@overparam/core';
import type { Float64CompositeOracle } from '@overparam/backend-float64';
import { mat, type MatReport, type MatState } from '@overparam/mntk-mat';
import { ponos } from '@overparam/polyak-nonmonotone';
import { network } from './networks.ts';

type Under = Method<MatState<object>, MatReport<object>, Float64CompositeOracle>;
const method = mat(ponos(), {
  every: 3,
  alpha: 0.6,
  beta: 0.05,
  patience: 1,
  spectra: { samples: 4 },
}) as unknown as Under;
const made = (): Float64CompositeOracle => network({ samples: 6, inputs: 3, widths: [5, 4], classes: 3, seed: 6 });

/** MAT may not change its state in place. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

/** After so many steps; a selection is made at the steps 0, 3, 6, ... */
const started = (steps: number) => {
  const oracle = made();
  let state = method.init();
  for (let k = 0; k < steps; k++) state = run(method, oracle, freeze(state)).state;
  return { oracle, state: freeze(state) };
};

const questionsAt = (steps: number): string[] => {
  const { oracle, state } = started(steps);
  const asked: string[] = [];
  run(method, observing(oracle, { asked: ({ name }) => void asked.push(name) }), state);
  return asked;
};

describe.each([
  ['with the first selection', 0],
  ['with a later selection', 6],
  ['between selections', 7],
])('faults in a step %s', (_, steps) => {
  const questions = questionsAt(steps);
  const undisturbed = (() => {
    const { oracle, state } = started(steps);
    return { ...run(method, oracle, state), w: oracle.parameters() };
  })();

  it('one question moves, and it is the last', () => {
    expect(questions.filter((name) => name.startsWith('move'))).toEqual(['move']);
    expect(questions.at(-1)).toBe('move');
    expect(questions.includes('moduleKernels')).toBe(steps % 3 === 0);
  });

  it.each(questions.map((name, k) => [k, name] as const))('question %d, %s, throws', (k) => {
    const { oracle, state } = started(steps);
    const [w, before] = [oracle.parameters(), JSON.stringify(state)];
    let left = k;
    const failing = observing(oracle, {
      asked: () => {
        if (left-- === 0) throw new Error('injected');
      },
    });
    expect(() => run(method, failing, state)).toThrow('injected');
    expect(oracle.parameters()).toEqual(w);
    expect(JSON.stringify(state)).toBe(before);
    expect({ ...run(method, oracle, state), w: oracle.parameters() }).toEqual(undisturbed);
  });

  it.each(questions.slice(0, -1).map((name, k) => [k, name] as const))('an abort at question %d, %s', async (k) => {
    const { oracle, state } = started(steps);
    const w = oracle.parameters();
    const abort = new AbortController();
    let left = k;
    const aborting = observing(oracle, { asked: () => void (left-- === 0 && abort.abort()) });
    await expect(runAsync(method, aborting, state, { signal: abort.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(oracle.parameters()).toEqual(w);
    expect({ ...(await runAsync(method, oracle, state)), w: oracle.parameters() }).toEqual(undisturbed);
  });

  const spoils = questions.flatMap((name, k) =>
    ['moduleKernels', 'linearize'].includes(name) ? [NaN, Infinity].map((by) => [by, k, name] as const) : [],
  );
  it.each(spoils)('%d from question %d, %s', (by, k, name) => {
    const { oracle, state } = started(steps);
    let left = k;
    const spoil = (answer: unknown): unknown =>
      name === 'linearize'
        ? { value: by, slope: by, squaredGradientNorm: by }
        : (answer as Matrix[]).map((kernel) => ({ ...kernel, data: kernel.data.map(() => by) }));
    const spoiling = new Proxy(oracle, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          const answer: unknown = member.apply(target, args);
          return left-- === 0 ? spoil(answer) : answer;
        };
      },
    });
    const step = run(method, spoiling, state);
    expect(step.report.putOff).toBe(name === 'linearize' ? null : 'NOT_FINITE');
    checkpoint(method, step.state);
    expect(oracle.parameters().every(Number.isFinite)).toBe(true);
    const next = run(method, oracle, step.state);
    expect(next.report.selection !== null).toBe(name !== 'linearize');
    expect(oracle.parameters().every(Number.isFinite)).toBe(true);
  });
});

describe('a checkpoint', () => {
  it('resumes after every step as if uninterrupted', () => {
    const [one, other] = [made(), made()];
    let [uninterrupted, resumed] = [method.init(), method.init()];
    const decisions = new Set<string>();
    for (let k = 0; k < 30; k++) {
      const saved = JSON.stringify(checkpoint(method, resumed));
      const there = run(method, other, freeze(restore<MatState<object>>(method, saved)));
      const here = run(method, one, freeze(uninterrupted));
      expect(there).toEqual(here);
      expect(other.parameters()).toEqual(one.parameters());
      here.report.selection?.decisions.forEach(({ why }) => decisions.add(why));
      [uninterrupted, resumed] = [here.state, there.state];
    }
    expect(decisions.size).toBeGreaterThanOrEqual(3);
  });

  it('is not taken by MAT over another method', () => {
    const other = mat(ponos({ c: 0.1 }));
    const renamed = { ...mat(ponos()), name: 'mat(sls)' };
    const saved = checkpoint(other, other.init());
    expect(() => restore(renamed, saved)).toThrow("not of 'mat(sls)'");
  });
});
