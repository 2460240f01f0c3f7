import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builds, startOurs } from '../../test/backends.ts';
import { dropout, gelu, layerNorm, silu, softmaxCrossEntropy } from '../index.ts';

const ops: Readonly<Record<string, (x: tf.Tensor2D) => tf.Tensor>> = {
  gelu,
  silu,
  layerNorm: (x) => layerNorm(x, scale, offset),
  softmaxCrossEntropy: (x) => softmaxCrossEntropy(x, x),
  dropout: (x) => dropout(x, 0.5, 1),
};
let scale: tf.Tensor;
let offset: tf.Tensor;

describe.each(['cpu', ...builds.map(({ build }) => build)])('ops outside of a tidy, %s', (name) => {
  beforeAll(async () => {
    const ours = builds.find(({ build }) => build === name);
    if (ours) await startOurs(ours.relaxedSimd);
    else await tf.setBackend('cpu');
    scale = tf.ones([3]);
    offset = tf.zeros([3]);
  });

  it.each(Object.keys(ops))('%s leaves its result, and nothing else', (op) => {
    const x = tf.tensor2d([0.1, 0.5, -0.3, 1, 2, 3], [2, 3]);
    const before = tf.memory().numTensors;
    const result = ops[op]!(x);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose([result, x]);
  });
});
