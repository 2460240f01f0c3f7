import type { Answer, Oracle } from '@overparam/core';

export interface ClassifierSettings {
  readonly hidden: number;
  readonly batch: number;
  readonly seed: number;
  readonly direction: 'gradient' | 'adam';
}

/** What the page asks about a network on images, in addition to the methods' questions. */
export interface ClassifierOracle extends Oracle {
  /** Some test images, 28 x 28 each, one after the other. */
  images(): Answer<{ readonly pixels: Uint8Array; readonly labels: Uint8Array }>;
  /** The accuracy on all test images, and the predicted classes of those on the page. */
  look(): Answer<Look>;
}

export interface Look {
  readonly accuracy: number;
  readonly guesses: Uint8Array;
}
