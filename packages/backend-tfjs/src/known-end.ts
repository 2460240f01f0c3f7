import type { MethodOptimizer } from './optimizer.ts';

/** What tfjs gives its callbacks. */
interface Fitting {
  readonly params: Readonly<Record<string, number | null>>;
}

/** A callback for `model.fit` and `model.fitDataset`. */
export interface KnownEnd {
  onTrainBegin(this: unknown): Promise<void>;
}

/**
 * Says to an optimizer when the run ends, so that a method which decays, as `ponosAdam`, decays to there:
 * `model.fit(x, y, { epochs, callbacks: knownEnd(optimizer) })`. Where the length of an epoch is not known, as of some
 * datasets, it does nothing.
 */
export const knownEnd = (optimizer: Pick<MethodOptimizer, 'endsIn'>): KnownEnd => ({
  async onTrainBegin() {
    const { epochs, initialEpoch, steps, samples, batchSize } = (this as Fitting).params;
    const perEpoch = steps ?? Math.ceil(samples! / batchSize!);
    const left = (epochs! - (initialEpoch ?? 0)) * perEpoch;
    if (Number.isSafeInteger(left) && left > 0) optimizer.endsIn(left);
  },
});
