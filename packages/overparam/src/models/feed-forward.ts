import { gelu } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import type { ParameterMaker } from './parameters.ts';

export interface FeedForwardOptions {
  readonly name: string;
  readonly width: number;
  readonly hidden: number;
  readonly deviation: number;
  readonly outputDeviation: number;
}

/** gelu(x W1 + b1) W2 + b2, row by row: [rows, width] -> the same. */
export function feedForward(
  { gaussian, constant }: ParameterMaker,
  { name, width, hidden, deviation, outputDeviation }: FeedForwardOptions,
): (rows: tf.Tensor2D) => tf.Tensor2D {
  const W1 = gaussian(`${name}/W1`, [width, hidden], deviation) as tf.Tensor as tf.Tensor2D;
  const b1 = constant(`${name}/b1`, [hidden], 0);
  const W2 = gaussian(`${name}/W2`, [hidden, width], outputDeviation) as tf.Tensor as tf.Tensor2D;
  const b2 = constant(`${name}/b2`, [width], 0);
  return (rows) => tf.add(tf.matMul(gelu(tf.add(tf.matMul(rows, W1), b1)) as tf.Tensor2D, W2), b2);
}
