import * as tf from '@tensorflow/tfjs';
import { crossEntropy, inputs, type Loss, oneHotLabels, weights } from './model.ts';

/** A dense network of these widths with relu between its layers. */
export function mlp(widths: readonly number[], batch: number): Loss {
  const xs = inputs([batch, widths[0]!]);
  const ys = oneHotLabels(batch, widths.at(-1)!);
  const layers = widths.slice(1).map((units, i) => ({
    w: weights([widths[i]!, units], widths[i]!, 10 + i),
    b: weights([units], widths[i]!, 20 + i),
  }));
  return () => {
    const logits = layers.reduce((x, { w, b }, i) => {
      const z = tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor as tf.Tensor2D), b);
      return i < layers.length - 1 ? tf.relu(z) : z;
    }, xs as tf.Tensor);
    return crossEntropy(ys, logits);
  };
}
