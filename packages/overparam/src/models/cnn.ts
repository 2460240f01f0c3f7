import { softmaxCrossEntropy } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { parameterMaker, type Parameter } from './parameters.ts';

export interface CnnOptions {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
  /** Filters of each convolution, 0 for a pooling; [32, 32, 0, 64, 64, 0, 128, 128, 0] when absent. */
  readonly filters?: readonly number[];
  readonly seed: number;
}

/** A network on images. */
export interface Cnn {
  readonly parameters: readonly Parameter[];
  /** `conv0`, `conv1`, ...; the classifier is in none. */
  readonly modules: Readonly<Record<string, readonly tf.Variable[]>>;
  /** Logits [batch, classes] of images [batch, height, width, channels]. */
  logits(images: tf.Tensor4D): tf.Tensor2D;
  /** The mean cross-entropy. */
  loss(images: tf.Tensor4D, labels: tf.Tensor1D): tf.Scalar;
  dispose(): void;
}

/** VGG-like (arXiv 1409.1556): 3 x 3 convolutions with ReLU, 2 x 2 max pooling, the mean over places, a linear classifier. */
export function cnn(options: CnnOptions): Cnn {
  const { channels, classes, filters = [32, 32, 0, 64, 64, 0, 128, 128, 0], seed } = options;
  const make = parameterMaker(seed);
  let depth = channels;
  const layers = filters.map((count, i) => {
    if (count === 0) return undefined;
    // He et al., arXiv 1502.01852.
    const W = make.gaussian(`conv${i}/W`, [3, 3, depth, count], Math.sqrt(2 / (9 * depth)));
    const b = make.constant(`conv${i}/b`, [count], 0);
    depth = count;
    return { W: W as tf.Tensor as tf.Tensor4D, b };
  });
  const W = make.gaussian('classifier/W', [depth, classes], Math.sqrt(1 / depth)) as tf.Tensor as tf.Tensor2D;
  const b = make.constant('classifier/b', [classes], 0);
  const logits: Cnn['logits'] = (images) => {
    let x = images;
    for (const layer of layers)
      x = layer ? tf.relu(tf.add<tf.Tensor4D>(tf.conv2d(x, layer.W, 1, 'same'), layer.b)) : tf.maxPool(x, 2, 2, 'same');
    return tf.add(tf.matMul(tf.mean(x, [1, 2]), W), b);
  };
  const modules: Record<string, tf.Variable[]> = {};
  for (const { name, variable } of make.made)
    if (name.startsWith('conv')) (modules[name.split('/')[0]!] ??= []).push(variable);
  return {
    parameters: make.made,
    modules,
    logits,
    loss: (images, labels) =>
      tf.mean(softmaxCrossEntropy(tf.cast(tf.oneHot(labels, classes), 'float32'), logits(images))) as tf.Scalar,
    dispose: () => make.made.forEach(({ variable }) => variable.dispose()),
  };
}
