import type { Linearization, Method } from '@overparam/core';

export interface SearchState {
  readonly Q: number;
  readonly C: number;
  readonly memory: number;
}

export interface SearchReport extends Linearization {
  readonly initial: number;
  readonly step: number;
  readonly backtracks: number;
  readonly valueAfter: number;
}

/** Nonmonotone backtracking from a Polyak step, in its plainest form: a method for tests of the backend alone. */
export const polyakSearch = ({ c = 0.5, delta = 0.5 } = {}): Method<SearchState, SearchReport> & {
  options: object;
} => ({
  name: 'polyak-search',
  options: { c, delta },
  needs: ['linearize', 'probe', 'move'],
  init: () => ({ Q: 0, C: 0, memory: 0 }),
  *step({ Q, C, memory }, oracle) {
    const at = yield* oracle.linearize();
    const initial = Math.max(Math.min((at.value / (0.1 * at.squaredGradientNorm + 1e-8)) * delta ** memory, 10), 1e-6);
    const next = { Q: Q + 1, C: (Q * C + at.value) / (Q + 1) };
    const reference = Math.max(next.C, at.value);
    let step = initial;
    let backtracks = 0;
    let valueAfter = yield* oracle.probe(step);
    for (; !(valueAfter <= reference + c * step * at.slope) && backtracks < 40; backtracks++)
      valueAfter = yield* oracle.probe((step *= delta));
    yield* oracle.move(step);
    return {
      state: { ...next, memory: Math.max(memory + backtracks - 1, 0) },
      report: { ...at, initial, step, backtracks, valueAfter },
    };
  },
});
