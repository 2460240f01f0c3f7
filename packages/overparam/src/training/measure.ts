import * as tf from '@tensorflow/tfjs';
import type { Model } from './network.ts';
import type { Samples } from './task.ts';

/** The mean cross-entropy and the share of right answers. */
export interface Measurement {
  readonly loss: number;
  readonly accuracy: number;
}

/** Inputs go through the model in pieces of at most this many numbers. */
const PIECE = 4_000_000;

/** The model on all samples; the cross-entropy is summed in float64 from the logits. */
export function measure(model: Model, { count, inputs, labels }: Samples): Measurement {
  const features = inputs.length / count;
  const rows = model.rowsAtOnce ?? Math.max(1, Math.floor(PIECE / features));
  let loss = 0;
  let right = 0;
  for (let start = 0; start < count; start += rows) {
    const end = Math.min(start + rows, count);
    const logits = tf.tidy(() =>
      model.logits(tf.tensor2d(inputs.subarray(start * features, end * features), [end - start, features])).dataSync(),
    );
    const outputs = logits.length / (end - start);
    for (let i = start; i < end; i++) {
      const row = logits.subarray((i - start) * outputs, (i - start + 1) * outputs);
      const label = labels[i]!;
      loss += outputs === 1 ? binaryCrossEntropy(row[0]!, label) : softmaxCrossEntropy(row, label);
      if (outputs === 1 ? row[0]! > 0 === (label === 1) : largest(row) === label) right++;
    }
  }
  return { loss: loss / count, accuracy: right / count };
}

const binaryCrossEntropy = (z: number, label: number): number =>
  Math.max(z, 0) - z * label + Math.log1p(Math.exp(-Math.abs(z)));

function softmaxCrossEntropy(z: ArrayLike<number>, label: number): number {
  const top = z[largest(z)]!;
  let others = 0;
  let skipped = false;
  for (let k = 0; k < z.length; k++) {
    // The largest logit's exp is exactly 1: kept out of the sum, so that a tiny loss is not rounded away.
    if (!skipped && z[k] === top) skipped = true;
    else others += Math.exp(z[k]! - top);
  }
  return top - z[label]! + Math.log1p(others);
}

function largest(z: ArrayLike<number>): number {
  let best = 0;
  for (let k = 1; k < z.length; k++) if (z[k]! > z[best]!) best = k;
  return best;
}
