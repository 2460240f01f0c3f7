import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { builds, expectClose, on, randomTensor, startOurs, uniform, type Values } from './backends.ts';
import { type LayerCase, layers } from './layers.ts';

interface Trial {
  /** The layer's output, weighted and summed, of inputs and weights given as values. */
  readonly loss: (values: readonly tf.Tensor[]) => tf.Scalar;
  readonly values: readonly tf.Tensor[];
}

/** The layer with weights that depend on nothing but their shapes; the values are its float inputs, then its trainable weights. */
function trial({ make, inputs, words }: LayerCase): Trial {
  const layer = make();
  const xs = inputs.map((shape, i) =>
    words === undefined
      ? randomTensor(10 + i, shape)
      : tf.cast(tf.mul(tf.abs(randomTensor(10, shape)), words), 'int32'),
  );
  layer.apply(xs);
  const weights = layer.trainableWeights.map((weight, i) => {
    weight.write(tf.mul(randomTensor(20 + i, weight.shape as number[]), 0.7));
    return weight.read() as tf.Variable;
  });
  const floats = words === undefined ? xs : [];
  return {
    values: [...floats, ...weights],
    loss: (values) => {
      const random = vi.spyOn(Math, 'random').mockImplementation(
        (
          (next) => () =>
            (next() + 1) / 2
        )(uniform(5)),
      );
      try {
        weights.forEach((weight, i) => weight.assign(values[floats.length + i]!));
        const y = layer.apply(floats.length > 0 ? values.slice(0, floats.length) : xs, { training: true }) as tf.Tensor;
        return tf.sum(tf.mul(y, randomTensor(30, y.shape))) as tf.Scalar;
      } finally {
        random.mockRestore();
      }
    },
  };
}

/** The gradients in the inputs and in the trainable weights. */
const gradients = (layer: LayerCase): Promise<Values[]> =>
  layer.cpuIsWrong === undefined ? gradientsOn('cpu', layer) : differences(layer);

async function gradientsOn(backend: 'cpu' | 'wasm', layer: LayerCase): Promise<Values[]> {
  return on(backend, () => {
    const { values, loss } = trial(layer);
    const variables = values.map((value) => (value instanceof tf.Variable ? value : tf.variable(value)));
    const { grads } = tf.variableGrads(() => {
      return loss(variables);
    }, variables);
    return variables.map(({ name }) => grads[name]!);
  });
}

/** Central differences on the cpu backend, exact but for rounding where the layer is linear. */
async function differences(layer: LayerCase): Promise<Values[]> {
  await tf.setBackend('cpu');
  const { values, loss } = trial(layer);
  return values.map((value, which) => {
    const numbers = value.dataSync();
    const at = (index: number, moved: number): number =>
      tf.tidy(() => {
        const changed = Float32Array.from(numbers);
        changed[index] = moved;
        return loss(values.map((other, i) => (i === which ? tf.tensor(changed, value.shape) : other))).dataSync()[0]!;
      });
    const slopes = Array.from(numbers, (x, index) => at(index, x + 0.5) - at(index, x - 0.5));
    return { shape: value.shape, dtype: 'float32', values: slopes };
  });
}

describe.each(builds)('every layer that can train trains, $build', ({ relaxedSimd }) => {
  beforeAll(async () => void (await startOurs(relaxedSimd)));
  afterEach(() => tf.disposeVariables());

  it.each(layers)('$name', async (layer) => {
    const expected = await gradients(layer);
    for (const { values } of expected) expect(Array.from(values).some((value) => value !== 0)).toBe(true);
    expectClose(await gradientsOn('wasm', layer), expected);
  });
});
