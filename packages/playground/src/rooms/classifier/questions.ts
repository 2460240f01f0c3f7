import type { Answer, Oracle } from '@overparam/core';

export interface ClassifierSettings {
  readonly hidden: number;
  readonly batch: number;
  readonly seed: number;
  readonly direction: 'gradient' | 'adam';
}

/** What the page asks of a network on images, beside what the methods do. */
export interface ClassifierOracle extends Oracle {
  /** Some test images, 28 x 28 each, one after the other. */
  images(): Answer<{ readonly pixels: Uint8Array; readonly labels: Uint8Array }>;
  /** The share of right answers on all test images, and what it takes the shown ones for. */
  look(): Answer<Look>;
}

export interface Look {
  readonly accuracy: number;
  readonly guesses: Uint8Array;
}
