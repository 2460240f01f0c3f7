import type { Method } from '@overparam/core';
import { constantStep, ponos, slsPonos, spsPonos, type StepReport } from '@overparam/polyak-nonmonotone';

/** N / batch */
interface Given {
  readonly batchesPerEpoch: number;
  readonly sgd: number;
  readonly adam: number;
}

/** A method with a state that is opaque to the page. */
export type AnyMethod = Method<unknown, StepReport>;

interface Entry {
  readonly label: string;
  readonly direction: 'gradient' | 'adam';
  make(given: Given): AnyMethod;
}

const entry = (label: string, direction: Entry['direction'], make: (given: Given) => unknown): Entry => ({
  label,
  direction,
  make: (given) => make(given) as AnyMethod,
});

/** SLS and SPS with the options of the comparison in arXiv 2306.12747. */
export const methods: Readonly<Record<'ponos' | 'sls' | 'sps' | 'sgd' | 'adam', Entry>> = {
  ponos: entry('PoNoS', 'gradient', () => ponos()),
  sls: entry('SLS', 'gradient', ({ batchesPerEpoch }) => slsPonos({ n_batches_per_epoch: batchesPerEpoch })),
  sps: entry('SPS', 'gradient', ({ batchesPerEpoch }) => spsPonos({ n_batches_per_epoch: batchesPerEpoch })),
  sgd: entry('SGD', 'gradient', ({ sgd }) => constantStep({ step: sgd })),
  adam: entry('Adam', 'adam', ({ adam }) => constantStep({ step: adam })),
};
