import type { Method } from '@overparam/core';

export interface DescentReport {
  readonly value: number;
  readonly squaredGradientNorm: number;
}

/** w <- w + rate d, as anyone could write it. */
export const gradientDescent = (rate: number): Method<{ readonly steps: number }, DescentReport> => ({
  name: 'gradient-descent',
  needs: ['linearize', 'move'],
  init: () => ({ steps: 0 }),
  *step({ steps }, oracle) {
    const { value, squaredGradientNorm } = yield* oracle.linearize();
    yield* oracle.move(rate);
    return { state: { steps: steps + 1 }, report: { value, squaredGradientNorm } };
  },
});
