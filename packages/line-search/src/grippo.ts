import { required, withDefaults } from '@overparam/core';
import { count } from './range.ts';
import { fromPlain, toPlain, type PlainNumber } from './plain-number.ts';
import { type Reference } from './reference.ts';

export interface GrippoState {
  /** f of the last batches, oldest first. */
  readonly losses: readonly PlainNumber[];
}

export interface GrippoOptions {
  /** How many losses are remembered. */
  readonly window: number;
}

/**
 * R = max(f, the losses of the last `window` batches, each at its own point).
 * Grippo, Lampariello and Lucidi (1986), (6), across batches: "cross-batch Grippo" of PoNoS, arXiv 2306.12747.
 */
export function grippo(options: GrippoOptions): Reference<GrippoState> {
  const { window } = withDefaults<GrippoOptions>('grippo', { window: required }, options);
  count('window', window);
  return {
    init: () => ({ losses: [] }),
    next: ({ losses }, { value: f }) => [
      Math.max(f, ...losses.map(fromPlain)),
      { losses: [...losses, toPlain(f)].slice(-window) },
    ],
  };
}
