import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { OverparamError, type Checkpoint } from '@overparam/core';
import { disposeAll, type NamedTensor } from '../recording/engine.ts';
import type { TrainableModel } from './model-problem.ts';

/** A tensor as plain data. */
export interface SavedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number> | readonly string[];
}

/** Everything that `fit` needs to go on as if it had not been interrupted. Structured-cloneable. */
export interface FitCheckpoint {
  readonly method: Checkpoint;
  /** All weights of the model, in the model's order. */
  readonly weights: readonly SavedTensor[];
  /** Moments of the direction, and points before. */
  readonly memory: readonly SavedTensor[];
  /** Where it goes on: epoch and batch, from 0. */
  readonly epoch: number;
  readonly batch: number;
  readonly seed: number;
  /** Sums of this epoch's logs so far. */
  readonly sums: Readonly<Record<string, number>>;
  readonly history: Readonly<Record<string, readonly number[]>>;
}

export const save = async (tensors: readonly NamedTensor[]): Promise<SavedTensor[]> =>
  Promise.all(
    tensors.map(async ({ name, tensor: { shape, dtype }, tensor }) => ({
      name,
      shape: [...shape],
      dtype,
      values: (await tensor.data()).slice() as unknown as ArrayLike<number>,
    })),
  );

const load = ({ values, shape, dtype }: SavedTensor): Tensor =>
  tensor(values as unknown as number[], [...shape], dtype as 'float32');

/** @throws OverparamError `STATE_MISMATCH` */
export function loadWeights(model: TrainableModel, saved: readonly SavedTensor[]): void {
  const now = model.getWeights();
  if (now.length !== saved.length || now.some(({ shape }, i) => String(shape) !== String(saved[i]!.shape)))
    throw new OverparamError(
      'STATE_MISMATCH',
      `The checkpoint has ${saved.length} weights, and they do not fit the model's ${now.length}: resume with the model it was made of.`,
    );
  const tensors = saved.map(load);
  model.setWeights(tensors);
  disposeAll(tensors);
}

/** Hands the tensors to `take`, and disposes of them. */
export async function loadMemory(
  saved: readonly SavedTensor[],
  take: (tensors: readonly NamedTensor[]) => Promise<void>,
): Promise<void> {
  const tensors = saved.map((one) => ({ name: one.name, tensor: load(one) }));
  try {
    await take(tensors);
  } finally {
    disposeAll(tensors.map(({ tensor }) => tensor));
  }
}
