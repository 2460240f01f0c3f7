import type { Method } from '@overparam/core';

export interface ReplayReport {
  readonly value: number;
  /** f(w + 0 d), by a replay */
  readonly replayed: number;
}

/** Compares the loss with its replay at the same point, and takes a short step. */
export const replayCheck = (): Method<object, ReplayReport> => ({
  name: 'replay-check',
  needs: ['linearize', 'probe', 'move'],
  init: () => ({}),
  *step(state, oracle) {
    const { value } = yield* oracle.linearize();
    const replayed = yield* oracle.probe(0);
    yield* oracle.move(1e-3);
    return { state, report: { value, replayed } };
  },
});
