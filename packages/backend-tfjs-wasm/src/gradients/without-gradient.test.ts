import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { useWasm } from '../use-wasm.ts';

it('the README lists the kernels without a gradient', async () => {
  await useWasm({ threads: 1 });
  const kernels = tf.getKernelsForBackend('wasm').map(({ kernelName }) => kernelName);
  const without = kernels.filter((name) => tf.getGradient(name) === undefined);
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [paragraph] = /- Kernels without a gradient of their own[^]*?(?=\n\n|\n- )/.exec(readme)!;
  const listed = [...paragraph.matchAll(/`(_?[A-Z]\w+)`/g)].map(([, name]) => name!);
  expect(listed.sort()).toEqual(without.sort());
});
