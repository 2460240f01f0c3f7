/** The part w of a step that a run takes which ends after a known number of steps: from `from` down, along a line. */
export interface LinearDecay {
  /** The step at which it began. */
  readonly start: number;
  /** The first step that the run does not take. */
  readonly end: number;
  /** w at `start`. */
  readonly from: number;
}

/** w = from (end - k) / (end - start); 1 without a decay. From `end` on, that of the last step. */
export const partAt = (decay: LinearDecay | null, k: number): number =>
  decay ? (decay.from * Math.max(decay.end - k, 1)) / (decay.end - decay.start) : 1;

/**
 * The decay of a run that ends `left` steps from now. One that leads there goes on unchanged, another one continues
 * from its part; after its end, a new one begins.
 */
export function endingIn(decay: LinearDecay | null, k: number, left: number): LinearDecay {
  const end = k + left;
  if (decay?.end === end) return decay;
  return { start: k, end, from: decay && k < decay.end ? partAt(decay, k) : 1 };
}
