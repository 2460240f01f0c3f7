import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../session/backend.ts';
import { cnn } from './cnn.ts';
import type { Parameter } from './parameters.ts';
import { transformer, type TransformerOptions } from './transformer.ts';

interface Recorded {
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly logits: readonly number[];
  readonly loss: number;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}
interface Reference {
  readonly transformers: readonly (Recorded & {
    readonly options: Required<Omit<TransformerOptions, 'length' | 'seed'>>;
    readonly inputs: { readonly tokens: number[][]; readonly targets: number[][] };
  })[];
  readonly cnn: Recorded & {
    readonly options: { readonly classes: number; readonly filters: number[] };
    readonly inputs: { readonly images: number[]; readonly labels: number[] };
  };
}
/** What PyTorch computes in float64: test/reference/models.py. */
const reference = JSON.parse(
  readFileSync(new URL('../../test/reference/models.json', import.meta.url), 'utf8'),
) as Reference;

/** @param scale of the terms that float32 sums: a key bias has gradient 0, which sums of such terms only come near */
function close(actual: ArrayLike<number>, expected: readonly number[], what: string, scale = 0): void {
  expect(actual.length, what).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs), scale);
  const worst = Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)));
  expect(worst / size, what).toBeLessThan(2e-5);
}

function follows(
  { parameters, logits, loss, gradients }: Recorded,
  made: readonly Parameter[],
  forward: () => tf.Tensor,
  lossOf: () => tf.Scalar,
): void {
  for (const { name, variable } of made)
    tf.tidy(() => variable.assign(tf.tensor([...parameters[name]!], variable.shape)));
  const unused = Object.keys(parameters).filter((name) => !made.some((parameter) => parameter.name === name));
  expect(unused).toEqual([]);
  tf.tidy(() => {
    close(forward().dataSync(), logits, 'logits');
    const { value, grads } = tf.variableGrads(
      lossOf,
      made.map(({ variable }) => variable),
    );
    close(value.dataSync(), [loss], 'loss');
    const scale = 0.1 * Math.max(...Object.values(gradients).flat().map(Math.abs));
    for (const { name, variable } of made) close(grads[variable.name]!.dataSync(), gradients[name]!, name, scale);
  });
}

describe.each(['cpu', 'wasm'])('on %s', (backend) => {
  beforeAll(async () => void (await startBackend(backend)));

  it.each(reference.transformers)('a transformer computes what PyTorch does: $options', (recorded) => {
    const { options, inputs } = recorded;
    const { experts, ...rest } = options;
    const model = transformer({ ...rest, ...(experts > 0 && { experts }), length: 5, seed: 1 });
    const [tokens, targets] = [
      tf.tensor2d(inputs.tokens, [3, 5], 'int32'),
      tf.tensor2d(inputs.targets, [3, 5], 'int32'),
    ];
    follows(recorded, model.parameters, () => model.forward(tokens).logits, () => model.loss(tokens, targets)); // prettier-ignore
    tf.dispose([tokens, targets]);
    model.dispose();
  });

  it('a convolutional network computes what PyTorch does', () => {
    const { options, inputs } = reference.cnn;
    const model = cnn({ ...options, height: 6, width: 4, channels: 3, seed: 1 });
    const [images, labels] = [tf.tensor4d(inputs.images, [2, 6, 4, 3]), tf.tensor1d(inputs.labels, 'int32')];
    follows(reference.cnn, model.parameters, () => model.logits(images), () => model.loss(images, labels)); // prettier-ignore
    tf.dispose([images, labels]);
    model.dispose();
  });
});

describe('the modules', () => {
  it('are the embedding, heads, feed-forward blocks and experts, and the rest of a layer; the output is in none', () => {
    const { modules, parameters, dispose } = transformer({
      vocabulary: 9,
      length: 4,
      layers: 2,
      width: 6,
      heads: 2,
      experts: 2,
      seed: 0,
    });
    expect(Object.keys(modules)).toEqual([
      'embedding',
      'layer0/attention',
      'layer0/attention/head0',
      'layer0/attention/head1',
      'layer0/feed-forward',
      'layer1/attention',
      'layer1/attention/head0',
      'layer1/attention/head1',
      'layer1/experts',
      'layer1/experts/expert0',
      'layer1/experts/expert1',
    ]);
    expect(modules['layer1/attention/head0']!.length).toBe(7);
    const inModules = new Set(Object.values(modules).flat());
    const rest = parameters.filter(({ variable }) => !inModules.has(variable)).map(({ name }) => name);
    expect(rest).toEqual(['norm/scale', 'norm/offset', 'output']);
    dispose();
  });

  it('a width that the heads do not share evenly is refused', () => {
    expect(() => transformer({ vocabulary: 9, length: 4, layers: 2, width: 7, heads: 2, seed: 0 })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION' }),
    );
  });
});
