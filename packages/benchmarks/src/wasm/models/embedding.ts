import * as tf from '@tensorflow/tfjs';
import { crossEntropy, type Loss, oneHotLabels } from './model.ts';

/** The mean of the embeddings of `steps` words, then a dense layer with relu and one of two outputs. */
export function embedding({
  words,
  d,
  steps,
  batch,
}: {
  words: number;
  d: number;
  steps: number;
  batch: number;
}): Loss {
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({ inputDim: words, outputDim: d, inputLength: steps }),
      tf.layers.globalAveragePooling1d(),
      tf.layers.dense({ units: 64, activation: 'relu' }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const xs = tf.keep(tf.randomUniform([batch, steps], 0, words, 'int32', 3));
  const ys = oneHotLabels(batch, 2);
  return () => crossEntropy(ys, model.apply(xs, { training: true }) as tf.Tensor);
}
