import { withDefaults } from '@overparam/core';
import { positive } from './range.ts';

export interface GrownOptions {
  /** By how much the step may grow per epoch. @default 2 */
  readonly gamma?: number;
  /** nb = N / batch size, not rounded. @default 500 */
  readonly n_batches_per_epoch?: number;
}

/**
 * The previous step eta, slightly longer: eta gamma^(1/nb). SLS, arXiv 1905.09997, Algorithm 2 (reset option 1).
 */
export function grown(options: GrownOptions = {}): (previous: number) => number {
  const { gamma, n_batches_per_epoch } = withDefaults<GrownOptions>(
    'grown',
    { gamma: 2, n_batches_per_epoch: 500 },
    options,
  );
  positive('gamma', gamma);
  positive('n_batches_per_epoch', n_batches_per_epoch);
  const factor = gamma ** (1 / n_batches_per_epoch);
  return (previous) => previous * factor;
}
