import { badOption } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import { random } from './random.ts';
import type { Model } from './network.ts';
import { countRecurrent, lstmWidth, recurrentModel } from './recurrent-model.ts';

/** The widths of the hidden layers: none for `linear`, [512, 256] for `mlp`, and what it says for `mlp-128-64`. */
export function hiddenWidths(name: string): readonly number[] {
  if (name === 'linear') return [];
  if (name === 'mlp') return [512, 256];
  const widths = /^mlp((?:-[1-9]\d{0,4})+)$/.exec(name)?.[1]?.slice(1).split('-').map(Number);
  if (!widths)
    throw badOption('model', name, 'linear, mlp (784-512-256-10 on images), or mlp-WIDTH-WIDTH... such as mlp-128');
  return widths;
}

/** @throws OverparamError `BAD_OPTION` for a model that there is not, or that does not suit the inputs */
export function checkModel(name: string, kind: 'recurrent' | undefined): void {
  const recurrent = lstmWidth(name) !== undefined;
  if (kind === 'recurrent' && !recurrent)
    throw badOption('model', name, 'lstm or lstm-WIDTH, which take the tokens of this experiment');
  if (recurrent && kind !== 'recurrent')
    throw badOption(
      'model',
      name,
      'a model that takes vectors, as this experiment has: linear, mlp or mlp-WIDTH-WIDTH...',
    );
  if (!recurrent) hiddenWidths(name);
}

export const countParameters = (name: string, features: number, outputs: number): number => {
  const width = lstmWidth(name);
  if (width !== undefined) return countRecurrent(width, outputs);
  const widths = [features, ...hiddenWidths(name), outputs];
  const biases = name === 'linear' ? 0 : 1;
  return widths.slice(1).reduce((sum, width, i) => sum + (widths[i]! + biases) * width, 0);
};

/** Of a forward pass: the numbers that a row leaves in hidden layers, and multiplications, about. */
export function costOfRow(
  name: string,
  features: number,
  outputs: number,
): { readonly activations: number; readonly multiplications: number } {
  const parameters = countParameters(name, features, outputs);
  const width = lstmWidth(name);
  // An LSTM has four gates, the state and what these are made of, at each of its tokens.
  if (width !== undefined) return { activations: 12 * width * features, multiplications: features * parameters };
  return { activations: hiddenWidths(name).reduce((sum, one) => sum + one, 0), multiplications: parameters };
}

/**
 * A multilayer perceptron with ReLU, a linear map without bias, or a recurrent network.
 *
 * Weights and biases start uniform in +-1/sqrt(inputs of the layer), PyTorch's default for linear layers, which the
 * papers' experiments use.
 */
export function createModel(name: string, features: number, outputs: number, seed: number): Model {
  if (lstmWidth(name) !== undefined) return recurrentModel(name, outputs, seed);
  const uniform = random(seed);
  const widths = [features, ...hiddenWidths(name), outputs];
  const layers = widths.slice(1).map((width, i) => {
    const fanIn = widths[i]!;
    const variable = (shape: number[]): tf.Variable => {
      const values = Float32Array.from(
        { length: tf.util.sizeFromShape(shape) },
        () => (2 * uniform() - 1) / Math.sqrt(fanIn),
      );
      return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    };
    return { weights: variable([fanIn, width]), bias: name === 'linear' ? undefined : variable([width]) };
  });
  const parameters = layers.flatMap(({ weights, bias }) => (bias ? [weights, bias] : [weights]));
  return {
    parameters,
    logits: (inputs) =>
      layers.reduce<tf.Tensor>((x, { weights, bias }, i) => {
        const product = tf.matMul(x, weights as tf.Tensor as tf.Tensor2D);
        const y = bias ? tf.add(product, bias) : product;
        return i < layers.length - 1 ? tf.relu(y) : y;
      }, inputs) as tf.Tensor2D,
    dispose: () => parameters.forEach((parameter) => parameter.dispose()),
  };
}
