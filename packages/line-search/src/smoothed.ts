import { grown, type GrownOptions } from './grown.ts';

/**
 * A step that grows by no more than gamma per epoch: min(gamma^(1/nb) previous, step).
 * SPS, arXiv 2002.10542, section 4 ("smooth_iter").
 */
export function smoothed(options: GrownOptions = {}): (step: number, previous: number) => number {
  const grow = grown(options);
  return (step, previous) => Math.min(grow(previous), step);
}
