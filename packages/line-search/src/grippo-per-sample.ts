import { required, withDefaults, type SampleLosses } from '@overparam/core';
import { count, positive } from './range.ts';
import { fromPlain, toPlain, type PlainNumber } from './plain-number.ts';
import { type Reference } from './reference.ts';

export interface GrippoPerSampleState {
  /** How many batches were seen. */
  readonly batches: number;
  /** Of each sample, by its index, its last shares l_j / batch size of the batch loss, oldest first. */
  readonly shares: readonly (readonly PlainNumber[])[];
}

export interface GrippoPerSampleOptions {
  /** How many losses are remembered of each sample. */
  readonly window: number;
  /** The search is monotone for this number of batches plus one: an epoch, so that every sample has a history. */
  readonly batchesPerEpoch: number;
}

/**
 * R = max(f, max_i of the batch's loss put together from each sample's i-th remembered loss), i over the history of
 * the batch's first sample; NaN where a sample's loss is not finite. "Single-batch Grippo" of PoNoS, arXiv 2306.12747.
 * Samples are named by their index in the data, and the state holds `window` numbers of each.
 */
export function grippoPerSample(
  options: GrippoPerSampleOptions,
): Reference<GrippoPerSampleState, { readonly value: number } & SampleLosses> {
  const { window, batchesPerEpoch } = withDefaults<GrippoPerSampleOptions>(
    'grippoPerSample',
    { window: required, batchesPerEpoch: required },
    options,
  );
  count('window', window);
  positive('batchesPerEpoch', batchesPerEpoch);
  const monotoneUntil = Math.trunc(batchesPerEpoch);
  return {
    init: () => ({ batches: 0, shares: [] }),
    next({ batches, shares }, { value: f, samples, losses }) {
      const histories = samples.map((sample) => (shares[sample] ?? []).map(fromPlain));
      const remembered = (histories[0] ?? []).map((_, i) =>
        histories.reduce((sum, history) => sum + (history[Math.min(i, history.length - 1)] ?? 0), 0),
      );
      const told = losses.every(Number.isFinite) ? f : NaN;
      const reference = batches <= monotoneUntil ? told : Math.max(told, ...remembered);
      const next = shares.slice();
      for (const [j, sample] of samples.entries()) {
        while (next.length <= sample) next.push([]);
        next[sample] = [...next[sample]!, toPlain(losses[j]! / losses.length)].slice(-window);
      }
      return [reference, { batches: batches + 1, shares: next }];
    },
  };
}
