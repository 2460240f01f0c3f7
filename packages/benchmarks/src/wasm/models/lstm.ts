import * as tf from '@tensorflow/tfjs';
import { crossEntropy, inputs, type Loss, oneHotLabels } from './model.ts';

/** An LSTM whose last state is classified. */
export function lstm({
  features,
  units,
  steps,
  batch,
}: {
  features: number;
  units: number;
  steps: number;
  batch: number;
}): Loss {
  const model = tf.sequential({
    layers: [
      tf.layers.lstm({
        inputShape: [steps, features],
        units,
        recurrentActivation: 'sigmoid',
        recurrentInitializer: 'glorotNormal',
      }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  const xs = inputs([batch, steps, features]);
  const ys = oneHotLabels(batch, 10);
  return () => crossEntropy(ys, model.apply(xs, { training: true }) as tf.Tensor);
}
