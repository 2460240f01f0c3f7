import { describe, expect, it } from 'vitest';
import { isOverparamError, minimize, observing, StepFailed, type Oracle } from '@overparam/core';
import { halving, later, quadratic } from '../test/quadratic.ts';

describe('minimize', () => {
  it('takes the steps and reports each', async () => {
    for (const wrap of [(oracle: Oracle) => oracle, later]) {
      const inner = quadratic([8]);
      const seen: unknown[] = [];
      const result = await minimize(halving, wrap(inner), { steps: 3, onStep: (progress) => void seen.push(progress) });
      expect(seen).toEqual([
        { step: 1, state: { steps: 1 }, report: { value: 32, step: 1.5 } },
        { step: 2, state: { steps: 2 }, report: { value: 8, step: 1.5 } },
        { step: 3, state: { steps: 3 }, report: { value: 2, step: 1.5 } },
      ]);
      expect(result).toEqual({ state: { steps: 3 }, report: { value: 2, step: 1.5 }, steps: 3, stopped: 'steps' });
      expect(inner.w).toEqual([-1]);
    }
  });

  it('continues from a state, and takes no step where none is asked', async () => {
    const inner = quadratic([8]);
    expect(await minimize(halving, inner, { steps: 0, state: { steps: 7 } })).toEqual({
      state: { steps: 7 },
      report: undefined,
      steps: 0,
      stopped: 'steps',
    });
    expect((await minimize(halving, inner, { steps: 1, state: { steps: 7 } })).state).toEqual({ steps: 8 });
  });

  it('stops when the method says so, after telling of that step', async () => {
    const arriving = {
      ...halving,
      *step(...args: Parameters<typeof halving.step>): ReturnType<typeof halving.step> {
        const step = yield* halving.step(...args);
        return step.state.steps < 3 ? step : { ...step, stopped: 'gradient' };
      },
    };
    const seen: number[] = [];
    const result = await minimize(arriving, quadratic([8]), { steps: 9, onStep: ({ step }) => void seen.push(step) });
    expect(result).toMatchObject({ steps: 3, stopped: 'method', reason: 'gradient' });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('stops when onStep, which is awaited, says false', async () => {
    const result = await minimize(halving, quadratic([8]), { steps: Infinity, onStep: async ({ step }) => step < 2 });
    expect(result).toMatchObject({ steps: 2, stopped: 'onStep', state: { steps: 2 } });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('an abort after %i answers leaves a whole number of steps', async (answers) => {
    const controller = new AbortController();
    const inner = quadratic([8]);
    let answered = 0;
    if (answers === 0) controller.abort();
    const oracle = observing(inner, {
      answered: () => {
        if (++answered === answers) controller.abort();
      },
    });
    const result = await minimize(halving, oracle, { steps: 10, signal: controller.signal });
    const whole = Math.floor(answers / 4);
    expect(result).toMatchObject({ steps: whole, stopped: 'signal', state: { steps: whole } });
    expect(inner.w).toEqual([8 * (-0.5) ** whole]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('an exception at question %i: the last good state, and the cause', async (k) => {
    const inner = quadratic([8]);
    let asked = 0;
    const fault = new Error('fault');
    const oracle = observing(inner, {
      asked: () => {
        if (asked++ === k) throw fault;
      },
    });
    const error = await minimize(halving, oracle, { steps: 10 }).catch((e: unknown) => e);
    const whole = Math.floor(k / 4);
    expect(error).toBeInstanceOf(StepFailed);
    expect(error).toMatchObject({ code: 'STEP_FAILED', cause: fault, steps: whole, state: { steps: whole } });
    expect((error as Error).message).toBe(`Step ${whole + 1} of 'halving' failed and was undone: fault`);
    expect(inner.w).toEqual([8 * (-0.5) ** whole]);
  });

  it.each([-1, 1.5, NaN])('refuses steps = %d', async (steps) => {
    const error = await minimize(halving, quadratic([1]), { steps }).catch((e: unknown) => e);
    expect(isOverparamError(error, 'BAD_OPTION')).toBe(true);
    expect((error as Error).message).toBe(`steps is ${steps}: it takes a whole number >= 0, or Infinity.`);
  });

  it('refuses an oracle that lacks a question, by name', async () => {
    const { name, linearize, move } = quadratic([1]);
    await expect(minimize(halving, { name, linearize, move } as unknown as Oracle, { steps: 1 })).rejects.toThrow(
      "'halving' asks 'probe', which quadratic does not answer",
    );
  });
});
