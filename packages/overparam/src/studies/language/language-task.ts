import * as tf from '@tensorflow/tfjs';
import { softmaxCrossEntropy } from '@overparam/backend-tfjs-wasm';
import { transformer, type TransformerOptions } from '../../models/transformer.ts';
import { random } from '../../training/random.ts';
import { kindsOf, stagesOf } from '../mat/kinds.ts';
import type { MatTask } from '../mat/task.ts';
import type { Tokens } from './tokens.ts';

export interface LanguageTaskOptions extends Omit<TransformerOptions, 'vocabulary'> {
  readonly batch: number;
}

/** Held-out sequences that the validation loss is the mean of. */
const HELD_OUT = 128;
/** How many of them at a time. */
export const AT_A_TIME = 32;

/** To predict the next token of a text: sequences begin anywhere, those held out at even distances. */
export function languageTask(
  { train, validation, vocabulary }: Tokens,
  { batch, ...options }: LanguageTaskOptions,
): MatTask {
  const { length: T, seed } = options;
  const model = transformer({ ...options, vocabulary });
  const sequences = (text: Int32Array, starts: readonly number[]): readonly [tf.Tensor2D, tf.Tensor2D] => {
    const from = (shift: number): tf.Tensor2D =>
      tf.tensor2d(
        Int32Array.from({ length: starts.length * T }, (_, i) => text[starts[Math.floor(i / T)]! + (i % T) + shift]!),
        [starts.length, T],
        'int32',
      );
    return [from(0), from(1)];
  };
  const last = validation.length - T - 1;
  const count = Math.min(HELD_OUT, last + 1);
  const heldOut = Array.from({ length: count }, (_, i) => Math.floor((i * last) / Math.max(1, count - 1)));
  return {
    parameters: model.parameters,
    modules: model.modules,
    kinds: kindsOf(Object.keys(model.modules)),
    stages: stagesOf(Object.keys(model.modules)),
    batch,
    loss(step) {
      const next = random(seed * 2 ** 32 + step);
      const starts = Array.from({ length: batch }, () => Math.floor(next() * (train.length - T)));
      return model.loss(...sequences(train, starts));
    },
    validationLoss() {
      let sum = 0;
      for (let i = 0; i < count; i += AT_A_TIME)
        tf.tidy(() => {
          const [tokens, targets] = sequences(validation, heldOut.slice(i, i + AT_A_TIME));
          const hot = tf.cast(tf.oneHot(tf.reshape(targets, [-1]), vocabulary), 'float32');
          sum += tf.sum(softmaxCrossEntropy(hot, model.forward(tokens).logits)).dataSync()[0]!;
        });
      return sum / (count * T);
    },
    dispose: () => model.dispose(),
  };
}
