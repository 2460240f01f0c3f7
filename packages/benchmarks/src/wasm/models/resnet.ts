import * as tf from '@tensorflow/tfjs';
import { crossEntropy, inputs, type Loss, oneHotLabels } from './model.ts';

const conv = (filters: number, strides: number, kernelSize = 3): tf.layers.Layer =>
  tf.layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false });

/** Three residual blocks of two 3 x 3 convolutions with batch normalisation: 16, 32 and 64 channels, on 32 x 32 pictures. */
export function resnet(batch: number): Loss {
  const input = tf.input({ shape: [32, 32, 3] });
  const normalise = (x: tf.SymbolicTensor): tf.SymbolicTensor =>
    tf.layers.batchNormalization().apply(x) as tf.SymbolicTensor;
  const relu = (x: tf.SymbolicTensor): tf.SymbolicTensor => tf.layers.reLU().apply(x) as tf.SymbolicTensor;
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor): tf.SymbolicTensor =>
    layer.apply(x) as tf.SymbolicTensor;

  let x = relu(normalise(apply(conv(16, 1), input)));
  for (const [filters, strides] of [
    [16, 1],
    [32, 2],
    [64, 2],
  ] as const) {
    const inner = normalise(apply(conv(filters, 1), relu(normalise(apply(conv(filters, strides), x)))));
    const shortcut = strides === 1 ? x : normalise(apply(conv(filters, strides, 1), x));
    x = relu(tf.layers.add().apply([inner, shortcut]) as tf.SymbolicTensor);
  }
  const pooled = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(x) as tf.SymbolicTensor;
  const outputs = tf.layers.dense({ units: 10 }).apply(pooled) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs });
  const xs = inputs([batch, 32, 32, 3]);
  const ys = oneHotLabels(batch, 10);
  return () => crossEntropy(ys, model.apply(xs, { training: true }) as tf.Tensor);
}
