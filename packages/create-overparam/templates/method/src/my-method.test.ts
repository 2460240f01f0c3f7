import { testMethod } from '@overparam/conformance';
import { describe, expect, it } from 'vitest';
import { myMethod } from './my-method.ts';

// What the protocol promises, a test a promise, and what this method claims beside it.
testMethod(myMethod(), { runner: { describe, it }, claims: { monotone: true, converges: { steps: 60, to: 1e-3 } } });

describe('the options of my-method', () => {
  it.each([{ c: 0 }, { c: 1 }, { delta: 0 }, { delta: 1 }, { initial: 0 }, { initial: NaN }])(
    '%j is refused',
    (options) => expect(() => myMethod(options)).toThrow(Object.keys(options)[0]),
  );
});
