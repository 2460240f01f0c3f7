import type { Answer } from '@overparam/core';

/** Callbacks as tfjs-layers has them: an object of functions, or a `tf.Callback` such as `tf.callbacks.earlyStopping()`. */
export interface FitCallback {
  setParams?(params: Readonly<Record<string, unknown>>): void;
  setModel?(model: never): void;
  onTrainBegin?(logs?: never): Answer<unknown>;
  onTrainEnd?(logs?: never): Answer<unknown>;
  onEpochBegin?(epoch: number, logs?: never): Answer<unknown>;
  onEpochEnd?(epoch: number, logs?: never): Answer<unknown>;
  onBatchBegin?(batch: number, logs?: never): Answer<unknown>;
  onBatchEnd?(batch: number, logs?: never): Answer<unknown>;
}

type Moment = Exclude<keyof FitCallback, 'setParams' | 'setModel'>;

/** Calls all of them, one after the other. */
export const calling =
  (callbacks: readonly FitCallback[]) =>
  async (moment: Moment, ...args: readonly unknown[]): Promise<void> => {
    for (const callback of callbacks)
      await (callback[moment] as ((...args: readonly unknown[]) => Answer<unknown>) | undefined)?.call(
        callback,
        ...args,
      );
  };
