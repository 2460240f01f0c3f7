import type { Method } from '@overparam/core';
import { describe, it } from 'vitest';
import { testMethod } from '@overparam/conformance';

/** Armijo's rule, as in the README of the core. */
const armijo: Method<{ step: number }, { value: number; step: number }> = {
  name: 'armijo',
  needs: ['linearize', 'probe', 'move'],
  init: () => ({ step: 1 }),
  *step(state, oracle) {
    const { value, slope } = yield* oracle.linearize();
    if (!Number.isFinite(value) || !(slope < 0)) return { state, report: { value, step: 0 } };
    let step = 2 * state.step;
    while (!((yield* oracle.probe(step)) <= value + 0.5 * step * slope)) step /= 2;
    yield* oracle.move(step);
    return { state: { step }, report: { value, step } };
  },
};

testMethod(armijo, { runner: { describe, it }, claims: { monotone: true, linear: { steps: 10, factor: 0.5 } } });
