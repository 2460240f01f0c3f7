import { positive } from './range.ts';

export interface GrownOptions {
  /** By how much the step may grow in an epoch. */
  readonly gamma?: number;
  /** N / batch size, not rounded. */
  readonly n_batches_per_epoch?: number;
}

/**
 * The step before, a little longer: eta gamma^(1/nb). SLS, arXiv 1905.09997, Algorithm 2 (reset option 1).
 */
export function grown({ gamma = 2, n_batches_per_epoch = 500 }: GrownOptions = {}): (previous: number) => number {
  positive('gamma', gamma);
  positive('n_batches_per_epoch', n_batches_per_epoch);
  const factor = gamma ** (1 / n_batches_per_epoch);
  return (previous) => previous * factor;
}
