import type { Housekeeping, Inquiry, Linearization, Method, Oracle } from '@overparam/core';

/** f(w) = |w|^2 / 2 with d = -g, answered at once. */
export function quadratic(start: readonly number[]): Oracle & Housekeeping & { w: number[] } {
  const squares = (v: readonly number[]): number => v.reduce((sum, x) => sum + x * x, 0);
  return {
    name: 'quadratic',
    w: [...start],
    linearize(): Linearization {
      const n = squares(this.w);
      return { value: n / 2, slope: -n, squaredGradientNorm: n };
    },
    probe(step: number): number {
      return squares(this.w.map((x) => x - step * x)) / 2;
    },
    move(step: number): void {
      this.w = this.w.map((x) => x - step * x);
    },
  };
}

/** The same, each answer a promise that is resolved in a later microtask. */
export function later(oracle: Oracle & Housekeeping): Oracle & Housekeeping {
  return {
    name: 'later',
    linearize: async (request) => oracle.linearize(request),
    probe: async (step) => oracle.probe(step),
    move: async (step) => oracle.move(step),
  };
}

export interface HalvingState {
  readonly steps: number;
}
export interface HalvingReport {
  readonly value: number;
  readonly step: number;
}

/** Halves the step from 3 until f decreases: 3 is refused, 1.5 accepted. */
export const halving: Method<HalvingState, HalvingReport> = {
  name: 'halving',
  needs: ['linearize', 'probe', 'move'],
  init: () => ({ steps: 0 }),
  *step({ steps }, oracle): Inquiry<{ state: HalvingState; report: HalvingReport }> {
    const { value } = yield* oracle.linearize();
    let step = 3;
    while (!((yield* oracle.probe(step)) < value)) step /= 2;
    yield* oracle.move(step);
    return { state: { steps: steps + 1 }, report: { value, step } };
  },
};
