import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  isOverparamError,
  observing,
  run,
  runAsync,
  type Inquiry,
  type Method,
  type Oracle,
  type TrialGradientOracle,
} from '@overparam/core';
import { halving, later, quadratic } from '../test/quadratic.ts';

const codeOf = (error: unknown): string | undefined => (isOverparamError(error) ? error.code : undefined);
const thrown = async (f: () => unknown): Promise<unknown> => {
  try {
    await f();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('run and runAsync', () => {
  it('take the same step', async () => {
    const now = quadratic([3, -4]);
    const soon = quadratic([3, -4]);
    const state = Object.freeze(halving.init());
    const step = run(halving, now, state);
    expect(step).toEqual({ state: { steps: 1 }, report: { value: 12.5, step: 1.5 } });
    expect(await runAsync(halving, later(soon), state)).toEqual(step);
    expect(soon.w).toEqual(now.w);
    expect(now.w).toEqual([-1.5, 2]);
  });

  it('hand over a question that is wanted only where the oracle answers it', async () => {
    const curious: Method<null, number, Oracle & Partial<TrialGradientOracle>> = {
      name: 'curious',
      needs: ['linearize'],
      wants: ['probeGradient'],
      init: () => null,
      *step(state, oracle) {
        const { value } = yield* oracle.linearize();
        return { state, report: oracle.probeGradient ? (yield* oracle.probeGradient(1)).value : value };
      },
    };
    const without = quadratic([2]);
    const told = { value: 7, slope: 0, squaredGradientNorm: 0, squaredGradientChange: 0 };
    const within = Object.assign(quadratic([2]), { probeGradient: () => told });
    expect(run(curious, without, null).report).toBe(2);
    expect(run(curious, within, null).report).toBe(7);
    expect((await runAsync(curious, later(without), null)).report).toBe(2);
    expect((await runAsync(curious, within, null)).report).toBe(7);
  });

  it('put only structured-cloneable questions', () => {
    const questions: unknown[] = [];
    run(halving, observing(quadratic([1]), { asked: (question) => questions.push(structuredClone(question)) }), {
      steps: 0,
    });
    expect(questions).toEqual([
      { name: 'linearize', args: [] },
      { name: 'probe', args: [3] },
      { name: 'probe', args: [1.5] },
      { name: 'move', args: [1.5] },
    ]);
  });

  it('check the needs before the first question', async () => {
    const asked: string[] = [];
    const needy: Method<null, null, TrialGradientOracle> = {
      name: 'extragradient',
      needs: ['linearize', 'probeGradient', 'moveExtragradient'],
      init: () => null,
      *step(state, oracle) {
        yield* oracle.linearize();
        return { state, report: null };
      },
    };
    const oracle = observing(quadratic([1]), {
      asked: ({ name }) => asked.push(name),
    }) as unknown as TrialGradientOracle;
    for (const driver of [run, runAsync]) {
      const error = await thrown(() => driver(needy, oracle, null));
      expect(codeOf(error)).toBe('MISSING_QUESTION');
      expect((error as Error).message).toContain(
        "'extragradient' asks 'probeGradient', 'moveExtragradient', which quadratic",
      );
    }
    expect(asked).toEqual([]);
  });

  it('refuse a question that was not declared', async () => {
    const sly: Method<null, null> = {
      name: 'sly',
      needs: ['linearize'],
      init: () => null,
      *step() {
        return yield { name: 'probe', args: [1] };
      },
    } as Method<null, null>;
    for (const driver of [run, runAsync])
      expect(codeOf(await thrown(() => driver(sly, quadratic([1]), null)))).toBe('UNDECLARED_QUESTION');
  });

  it('run refuses a promise, whose rejection then goes nowhere', () => {
    const oracle: Oracle = { ...quadratic([1]), linearize: () => Promise.reject(new Error('unheard')) };
    expect(() => run(halving, oracle, { steps: 0 })).toThrow(
      /quadratic answered 'linearize' with a promise: run the method with runAsync/,
    );
  });

  it.each([0, 1, 2, 3])('an exception at question %i passes through the method, and the oracle abandons', async (k) => {
    for (const driver of [run, runAsync]) {
      const fault = new Error('fault');
      const events: string[] = [];
      const inner = quadratic([3, -4]);
      let asked = 0;
      const faulty = observing(
        {
          ...inner,
          linearize: () => inner.linearize(),
          probe: (t: number) => inner.probe(t),
          move: (t: number) => inner.move(t),
          abandon: () => void events.push('abandon'),
        },
        {
          asked: ({ name }) => {
            if (name !== 'abandon' && asked++ === k) throw fault;
          },
        },
      );
      const tidy: typeof halving = {
        ...halving,
        *step(state, oracle): ReturnType<typeof halving.step> {
          try {
            return yield* halving.step(state, oracle);
          } catch (error) {
            events.push('clean up');
            throw error;
          }
        },
      };
      expect(await thrown(() => driver(tidy, faulty, Object.freeze({ steps: 0 })))).toBe(fault);
      expect(events).toEqual(['clean up', 'abandon']);
      expect(inner.w).toEqual([3, -4]);
      expect((await driver(halving, inner, { steps: 0 })).state).toEqual({ steps: 1 });
    }
  });

  it('a step that goes well is finished, after its move', async () => {
    for (const driver of [run, runAsync]) {
      const events: string[] = [];
      const oracle = {
        ...quadratic([3, -4]),
        abandon: () => void events.push('abandon'),
        finish: () => void events.push('finish'),
      };
      await driver(halving, observing(oracle, { asked: ({ name }) => void events.push(name) }), { steps: 0 });
      expect(events).toEqual(['linearize', 'probe', 'probe', 'move', 'finish']);
    }
  });

  it('a method may catch an exception and continue', () => {
    const inner = quadratic([2]);
    const oracle: Oracle = {
      linearize: () => inner.linearize(),
      probe: () => {
        throw new Error('no probe');
      },
      move: (t) => inner.move(t),
    };
    const stubborn: typeof halving = {
      ...halving,
      *step({ steps }, asking) {
        const { value } = yield* asking.linearize();
        try {
          yield* asking.probe(1);
        } catch {
          yield* asking.move(0.5);
        }
        return { state: { steps }, report: { value, step: 0.5 } };
      },
    };
    expect(run(stubborn, oracle, { steps: 0 }).report.step).toBe(0.5);
    expect(inner.w).toEqual([1]);
  });

  it('say so when the oracle cannot restore itself', async () => {
    for (const driver of [run, runAsync]) {
      const oracle = {
        ...quadratic([1]),
        probe: () => {
          throw new Error('first');
        },
        abandon: () => {
          throw new Error('second');
        },
      };
      const error = await thrown(() => driver(halving, oracle, { steps: 0 }));
      expect(codeOf(error)).toBe('ABANDON_FAILED');
      expect(((error as Error).cause as AggregateError).errors.map((e: Error) => e.message)).toEqual([
        'first',
        'second',
      ]);
    }
  });

  it.each([0, 1, 2, 3])('an abort before question %i ends the step, and nothing has moved', async (k) => {
    for (const driver of [run, runAsync]) {
      const controller = new AbortController();
      const inner = quadratic([3, -4]);
      let answered = 0;
      if (k === 0) controller.abort('enough');
      const oracle = observing(inner, {
        answered: () => {
          if (++answered === k) controller.abort('enough');
        },
      });
      const error = await thrown(() => driver(halving, oracle, { steps: 0 }, { signal: controller.signal }));
      expect(codeOf(error)).toBe('ABORTED');
      expect((error as Error).cause).toBe('enough');
      expect(answered).toBe(k);
      expect(inner.w).toEqual([3, -4]);
    }
  });

  it('an answer that arrives after an abort changes nothing', async () => {
    const controller = new AbortController();
    const inner = quadratic([3]);
    const asked: string[] = [];
    let answer: (value: number) => void = () => {};
    const oracle = observing<Oracle>(
      { ...later(inner), probe: () => new Promise<number>((resolve) => (answer = resolve)) },
      { asked: ({ name }) => asked.push(name) },
    );
    const step = thrown(() => runAsync(halving, oracle, { steps: 0 }, { signal: controller.signal }));
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(codeOf(await step)).toBe('ABORTED');
    answer(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual(['linearize', 'probe']);
    expect(inner.w).toEqual([3]);
  });

  it('a rejection that arrives after an abort is nobody’s', async () => {
    const controller = new AbortController();
    let reject: (error: Error) => void = () => {};
    const oracle: Oracle = { ...later(quadratic([3])), linearize: () => new Promise((_, no) => (reject = no)) };
    const step = thrown(() => runAsync(halving, oracle, { steps: 0 }, { signal: controller.signal }));
    controller.abort();
    expect(codeOf(await step)).toBe('ABORTED');
    reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('a move that was asked is completed', async () => {
    const controller = new AbortController();
    const inner = quadratic([3]);
    const soon = later(inner);
    const oracle: Oracle = { ...soon, move: (t) => (controller.abort(), soon.move(t)) };
    expect((await runAsync(halving, oracle, { steps: 0 }, { signal: controller.signal })).state).toEqual({ steps: 1 });
    expect(inner.w).toEqual([-1.5]);
  });

  it('leave no listener on the signal', async () => {
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_: 'abort', f: () => void) => void listeners.add(f),
      removeEventListener: (_: 'abort', f: () => void) => void listeners.delete(f),
    };
    await runAsync(halving, later(quadratic([3])), { steps: 0 }, { signal });
    expect(listeners.size).toBe(0);
  });

  it('infer the types of answers, states and reports', () => {
    const step = run(halving, quadratic([1]), halving.init());
    expectTypeOf(step.report.value).toEqualTypeOf<number>();
    const typed = function* (oracle: Parameters<typeof halving.step>[1]): Inquiry<void> {
      expectTypeOf(yield* oracle.probe(1)).toEqualTypeOf<number>();
      expectTypeOf((yield* oracle.linearize()).slope).toEqualTypeOf<number>();
    };
    expect(typed).toBeTypeOf('function');
  });
});
