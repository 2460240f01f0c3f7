import { badOption } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import { lstm } from '../models/lstm.ts';
import type { Model } from './network.ts';

/** The width of `lstm` is 48, that of `lstm-96` is 96; undefined for other models. */
export const lstmWidth = (name: string): number | undefined =>
  name === 'lstm' ? 48 : Number(/^lstm-([1-9]\d{0,3})$/.exec(name)?.[1] ?? NaN) || undefined;

/**
 * The next token of sequences: inputs are numbers of tokens, one for each output.
 * @throws OverparamError `BAD_OPTION`
 */
export function recurrentModel(name: string, vocabulary: number, seed: number): Model {
  const width = lstmWidth(name);
  if (width === undefined) throw badOption('model', name, 'lstm or lstm-WIDTH');
  const { parameters, next, dispose } = lstm({ vocabulary, width, seed });
  return {
    parameters: parameters.map(({ variable }) => variable),
    rowsAtOnce: 500,
    logits: (inputs) => next(tf.cast(inputs, 'int32')),
    dispose,
  };
}

/** Of {@link recurrentModel}: E V + 4 H (E + H + 1) + H + V (H + 1), with E = H / 2. */
export function countRecurrent(width: number, vocabulary: number): number {
  const embedding = Math.ceil(width / 2);
  return embedding * vocabulary + 4 * width * (embedding + width + 1) + width + vocabulary * (width + 1);
}
