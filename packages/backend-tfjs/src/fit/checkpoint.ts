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

/** Everything that `fit` needs to continue as if it had not been interrupted. Structured-cloneable. */
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

/**
 * Checks everything in a checkpoint but the state of the method and the moments, which their own readers check.
 * @throws OverparamError `CHECKPOINT_DAMAGED`
 */
export function checkCheckpoint(saved: FitCheckpoint, batches: number): void {
  if (typeof saved !== 'object' || saved === null) throw damaged(`it is ${String(saved)}`);
  const { epoch, batch, seed, sums, history } = saved;
  if (!isWhole(epoch)) throw damaged(`its epoch is ${String(epoch)}`);
  if (!isWhole(batch) || batch > batches)
    throw damaged(`its batch is ${String(batch)}, and an epoch has ${batches}: give the same data and batchSize`);
  if (!Number.isFinite(seed)) throw damaged(`its seed is ${String(seed)}`);
  for (const [name, sum] of Object.entries(record('sums', sums)))
    if (typeof sum !== 'number') throw damaged(`sums.${name} is ${String(sum)}`);
  for (const [name, values] of Object.entries(record('history', history)))
    if (!Array.isArray(values) || values.some((value) => typeof value !== 'number'))
      throw damaged(`history.${name} is no list of numbers`);
  for (const [kind, tensors] of Object.entries({ weights: saved.weights, memory: saved.memory })) {
    if (!Array.isArray(tensors)) throw damaged(`its ${kind} are ${String(tensors)}`);
    for (const one of tensors as readonly Partial<SavedTensor>[]) {
      const { name, shape, dtype, values } = one ?? {};
      const whole = typeof name === 'string' && Array.isArray(shape) && shape.every(isWhole) && dtypes.has(dtype!);
      const size = whole ? (shape as readonly number[]).reduce((product, side) => product * side, 1) : NaN;
      if (values?.length !== size)
        throw damaged(
          `'${String(name)}' of its ${kind} has ${values?.length ?? 'no'} values for the shape [${String(shape)}]`,
        );
    }
  }
}

const dtypes = new Set(['float32', 'int32', 'bool', 'string']);
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const record = (name: string, value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw damaged(`its ${name} are ${String(value)}`);
};
const damaged = (why: string): Error =>
  new OverparamError(
    'CHECKPOINT_DAMAGED',
    `The checkpoint of fit cannot be used: ${why}. Resume from an earlier one; nothing has changed.`,
  );

/** @throws OverparamError `STATE_MISMATCH` */
export function checkWeights(model: TrainableModel, saved: readonly SavedTensor[]): void {
  const now = model.getWeights();
  const fits = ({ shape, dtype }: Tensor, i: number): boolean =>
    String(shape) === String(saved[i]!.shape) && dtype === saved[i]!.dtype;
  if (now.length === saved.length && now.every(fits)) return;
  throw new OverparamError(
    'STATE_MISMATCH',
    `The checkpoint has ${saved.length} weights, and they do not fit the model's ${now.length}: resume with the model it was made of.`,
  );
}

export function loadWeights(model: TrainableModel, saved: readonly SavedTensor[]): void {
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
