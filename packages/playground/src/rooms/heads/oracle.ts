import { oracle } from '@overparam/backend-tfjs';
import { useWasm } from '@overparam/backend-tfjs-wasm';
import { seeded, uniform } from '@overparam/wasserstein-flow';
import * as tf from '@tensorflow/tfjs';
import { transformer } from 'overparam/models';
import type { HeadsOracle, HeadsSettings } from './questions.ts';
import { alphabet, corpus, encoded } from './text.ts';

/** T */
const length = 32;
const batch = 16;
const width = 48;

/** A small causal transformer on letters; its modules are its heads and its feed-forward blocks. */
export async function make({ layers, heads, seed }: HeadsSettings): Promise<HeadsOracle> {
  await useWasm();
  const model = transformer({ vocabulary: alphabet.length, length, layers, width, heads, seed });
  const random = seeded(seed);
  const asked = oracle(
    () => {
      const starts = Array.from({ length: batch }, () => Math.floor(uniform(random) * (corpus.length - length - 1)));
      const rows = (offset: number): tf.Tensor2D => {
        const tokens = new Int32Array(batch * length);
        starts.forEach((start, i) => tokens.set(corpus.subarray(start + offset, start + offset + length), i * length));
        return tf.tensor2d(tokens, [batch, length], 'int32');
      };
      return model.loss(rows(0), rows(1));
    },
    { variables: model.parameters.map(({ variable }) => variable), modules: model.modules, samples: batch },
  );
  return Object.assign(asked, {
    goOn(beginning: string, letters: number): string {
      const tokens = [...encoded(beginning)];
      for (let k = 0; k < letters; k++) {
        const seen = tokens.slice(-length);
        const next = tf.tidy(() => {
          const { logits } = model.forward(tf.tensor2d(seen, [1, seen.length], 'int32'));
          return tf.argMax(tf.slice(logits, [seen.length - 1, 0], [1, alphabet.length]), 1).dataSync()[0]!;
        });
        tokens.push(next);
      }
      return tokens.slice(beginning.length).map((token) => alphabet[token]).join(''); // prettier-ignore
    },
  });
}
