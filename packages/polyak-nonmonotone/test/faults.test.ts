import { describe, expect, it } from 'vitest';
import { checkpoint, observing, restore, run, runAsync } from '@overparam/core';
import { LeastSquaresOracle } from './least-squares.ts';
import { randomProblem } from './random-problem.ts';
import { any, replays, type Replayed } from './replay.ts';
import { adaSlsHeavyBall, ponosAdam } from '@overparam/polyak-nonmonotone';

const guarded: Readonly<Record<string, Replayed>> = {
  ...Object.fromEntries(Object.entries(replays).filter(([name]) => !name.endsWith('_m09') && !name.endsWith('dirder'))),
  ponos_adam: { method: any(ponosAdam()), rule: { rule: 'adam', beta1: 0.9, d: 'momentum' } },
  ada_sls_heavy_ball: { method: any(adaSlsHeavyBall()), rule: { rule: 'adagrad' } },
};
const problem = randomProblem(3, { steps: 8 });
const [warmUp, ...rest] = problem.batches;

/** A method after one step. */
const started = ({ method, rule }: Replayed) => {
  const oracle = new LeastSquaresOracle(problem, rule);
  oracle.batch = warmUp!;
  const { state } = run(method, oracle, method.init());
  oracle.batch = rest[0]!;
  return { method, oracle, state: freeze(state) };
};

/** No method may change its state in place. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
}

const spoiled = (answer: unknown, by: number): unknown => {
  if (typeof answer === 'number') return by;
  if (Array.isArray(answer)) return answer.map((entry) => spoiled(entry, by));
  if (typeof answer !== 'object' || answer === null) return answer;
  // Which samples a batch holds is no result of arithmetic.
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, key === 'samples' ? value : spoiled(value, by)]),
  );
};

/** How many questions the second step asks. */
const questionsOf = (replayed: Replayed): string[] => {
  const { method, oracle, state } = started(replayed);
  const asked: string[] = [];
  run(method, observing(oracle, { asked: ({ name }) => void asked.push(name) }), state);
  return asked;
};

describe.each(Object.entries(guarded))('faults in a step of %s', (_, replayed) => {
  const questions = questionsOf(replayed);
  const undisturbed = (() => {
    const { method, oracle, state } = started(replayed);
    return { ...run(method, oracle, state), w: oracle.w };
  })();

  it('at most one question moves, and it is the last', () => {
    const moves = questions.flatMap((name, i) => (name.startsWith('move') ? [i] : []));
    expect(moves).toEqual([questions.length - 1]);
  });

  it.each(questions.map((name, k) => [k, name] as const))('question %d, %s, throws', (k) => {
    const { method, oracle, state } = started(replayed);
    const [w, before] = [oracle.w, JSON.stringify(state)];
    let left = k;
    const failing = observing(oracle, {
      asked: () => {
        if (left-- === 0) throw new Error('injected');
      },
    });
    expect(() => run(method, failing, state)).toThrow('injected');
    expect(oracle.w).toBe(w);
    expect(JSON.stringify(state)).toBe(before);
    const next = run(method, oracle, state);
    expect({ ...next, w: oracle.w }).toEqual(undisturbed);
  });

  it.each(questions.slice(0, -1).map((name, k) => [k, name] as const))('an abort at question %d, %s', async (k) => {
    const { method, oracle, state } = started(replayed);
    const w = oracle.w;
    const abort = new AbortController();
    let left = k;
    const aborting = observing(oracle, { asked: () => void (left-- === 0 && abort.abort()) });
    await expect(runAsync(method, aborting, state, { signal: abort.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(oracle.w).toBe(w);
    expect({ ...(await runAsync(method, oracle, state)), w: oracle.w }).toEqual(undisturbed);
  });

  const spoils = questions
    .slice(0, -1)
    .flatMap((name, k) => [NaN, Infinity, -Infinity].map((by) => [by, k, name] as const));
  it.each(spoils)('%d from question %d, %s', (by, k, name) => {
    const { method, oracle, state } = started(replayed);
    const w = oracle.w;
    let left = k;
    const spoiling = new Proxy(oracle, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          const answer: unknown = member.apply(target, args);
          return left-- === 0 ? spoiled(answer, by) : answer;
        };
      },
    });
    const step = run(method, spoiling, state);
    if (name === 'linearize') expect([step.state, oracle.w]).toEqual([state, w]);
    if (step.report.step === 0) expect(oracle.w).toEqual(w);
    expect(oracle.w.every(Number.isFinite)).toBe(true);
    checkpoint(method, step.state);
    expect(JSON.stringify(step.state)).not.toMatch(/NaN|Infinity/);
    const next = run(method, oracle, step.state);
    expect(next.report.failed).toBe(false);
    expect(oracle.w.every(Number.isFinite)).toBe(true);
  });

  it('resumes from JSON after every step as if uninterrupted', () => {
    const [one, two] = [started(replayed), started(replayed)];
    let [uninterrupted, resumed] = [one.state, two.state];
    for (const batch of rest) {
      one.oracle.batch = batch;
      two.oracle.batch = batch;
      const saved = JSON.stringify(checkpoint(replayed.method, resumed));
      const there = run(two.method, two.oracle, freeze(restore<object>(replayed.method, saved)));
      const here = run(one.method, one.oracle, freeze(uninterrupted));
      expect(there).toEqual(here);
      expect(two.oracle.w).toEqual(one.oracle.w);
      [uninterrupted, resumed] = [here.state, there.state];
    }
  });
});
