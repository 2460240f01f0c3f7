import { isOverparamError, type Method } from '@overparam/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PromiseBroken, testBackend, testMethod, type Runner } from '@overparam/conformance';
import { exactOracle } from '../src/exact-oracle.ts';
import { brokenMethods, descent } from './broken-methods.ts';

type Body = Parameters<Runner['it']>[1];

/** A runner that only collects. */
function collecting() {
  const tests = new Map<string, { body: Body; timeout: number | undefined }>();
  const titles: string[] = [];
  const runner: Runner = {
    describe: (title, body) => (titles.push(title), body()),
    it: (name, body, timeout) => void tests.set(name, { body, timeout }),
  };
  return { tests, titles, runner };
}

afterEach(() => vi.unstubAllGlobals());

describe('the suites, in any runner', () => {
  it('register one test per promise, which takes no argument', () => {
    const { tests, titles, runner } = collecting();
    testMethod(descent, { runner, timeout: 5 });
    expect(titles).toEqual(["the method 'descent'"]);
    expect([...tests.keys()]).toContain('unchanged-after-fault');
    for (const { body, timeout } of tests.values()) expect([body.length, timeout]).toEqual([0, 5]);
  });

  it('take the global functions where none are given', () => {
    const { tests, runner } = collecting();
    vi.stubGlobal('describe', runner.describe);
    vi.stubGlobal('it', runner.it);
    testMethod(descent);
    expect(tests.size).toBeGreaterThan(10);
  });

  it('say so where there is no runner', () => {
    expect(() => testMethod(descent)).toThrow(/runner is undefined: it takes \{ describe, it \} of your test runner/);
  });

  it('refuse bad options at once', () => {
    const { runner } = collecting();
    const make = exactOracle;
    expect(() => testBackend(make, { runner, layers: 0 })).toThrow(/layers is 0/);
    expect(() => testBackend(make, { runner, precision: 'float16' as 'float32' })).toThrow(/precision is "float16"/);
    expect(() => testMethod(descent, { runner, layers: 1.5 })).toThrow(/layers is 1.5/);
  });

  it('fail with the promise, its place, and the smallest counter-example', async () => {
    const { tests, runner } = collecting();
    testMethod(brokenMethods['descends']!.method, { runner });
    const error: unknown = await tests
      .get('descends')!
      .body()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PromiseBroken);
    expect(isOverparamError(error, 'PROMISE_BROKEN')).toBe(true);
    const { promise, message, counterexample } = error as PromiseBroken;
    expect(promise.id).toBe('descends');
    expect(message).toContain(`written in: ${promise.where}`);
    // One sample, one parameter, and weights that fast-check could not make smaller.
    expect(counterexample).toMatchObject({ inputs: [[1]], weights: [[[0]]] });
    // A second look gives the same.
    await expect(tests.get('descends')!.body()).rejects.toBe(error);
  });

  it('skip what presumes a broken promise, with the reason, where the runner can', async () => {
    const { tests, runner } = collecting();
    testMethod(brokenMethods['deterministic']!.method, { runner });
    const reasons: unknown[] = [];
    await tests.get('resumes')!.body({ skip: (reason: unknown) => reasons.push(reason) });
    expect(reasons).toEqual(["it presumes 'deterministic', which does not hold"]);
    await tests.get('resumes')!.body();
    await expect(tests.get('deterministic')!.body()).rejects.toThrow("'deterministic' is broken");
  });

  it('end a step that never ends', async () => {
    const { tests, runner } = collecting();
    const endless: Method<null, null> = {
      name: 'endless',
      needs: ['linearize'],
      init: () => null,
      *step(state, oracle) {
        for (;;) if (!(yield* oracle.linearize())) return { state, report: null };
      },
    };
    testMethod(endless, { runner, runs: 1 });
    await expect(tests.get('completes')!.body()).rejects.toThrow(/one step asked 10000 questions/);
  });
});
