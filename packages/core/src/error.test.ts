import { describe, expect, it } from 'vitest';
import { badOption, finiteStep, isOverparamError, notLinearized, OverparamError } from '@overparam/core';

describe('OverparamError', () => {
  it('is recognised by its code, across copies of the package', () => {
    const error = new OverparamError('ABORTED', 'message', { cause: 1 });
    const foreign = Object.assign(new Error('m'), { name: 'OverparamError', code: 'ABORTED' });
    expect(error).toMatchObject({ name: 'OverparamError', code: 'ABORTED', cause: 1 });
    for (const e of [error, foreign]) {
      expect(isOverparamError(e)).toBe(true);
      expect(isOverparamError(e, 'ABORTED')).toBe(true);
      expect(isOverparamError(e, 'STEP_FAILED')).toBe(false);
    }
    expect(isOverparamError(new Error('m'))).toBe(false);
    expect(isOverparamError(null)).toBe(false);
  });

  it('names the option, its value and what it takes', () => {
    expect(badOption('c', 2, 'a number between 0 and 1').message).toBe('c is 2: it takes a number between 0 and 1.');
    expect(badOption('mode', 'x', "'a' or 'b'").message).toBe(`mode is "x": it takes 'a' or 'b'.`);
  });

  it('names the question that came too early, or with a step that is not finite', () => {
    expect(notLinearized('probe')).toMatchObject({
      code: 'NOT_LINEARIZED',
      message: expect.stringContaining("'probe'"),
    });
    expect(finiteStep('move', -0.5)).toBe(-0.5);
    for (const step of [NaN, Infinity, -Infinity])
      expect(() => finiteStep('move', step)).toThrow(`The step of 'move' is ${step}: it takes a finite number.`);
  });
});
