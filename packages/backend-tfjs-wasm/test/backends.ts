// What the tests of kernels share: the two backends, the two builds, and how to compare.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import * as tf from '@tensorflow/tfjs';
import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { hasRelaxedSimd } from '../src/features.ts';
import { registerGradients } from '../src/gradients/register.ts';
import { createKernelHost, type KernelHost } from '../src/kernels/host.ts';
import { registerKernels } from '../src/kernels/register.ts';

// Node 20 has relaxed SIMD behind a flag.
if (!hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');

/** The builds that this engine can run. */
export const builds: readonly { readonly build: string; readonly relaxedSimd: boolean }[] = [
  { build: 'SIMD', relaxedSimd: false },
  ...(hasRelaxedSimd() ? [{ build: 'relaxed SIMD', relaxedSimd: true }] : []),
];

/** Starts tfjs's wasm backend with its own kernels. */
export async function startStock(): Promise<BackendWasm> {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await tf.setBackend('wasm');
  return tf.backend() as BackendWasm;
}

/** Starts tfjs's wasm backend with a build of our kernels. */
export async function startOurs(relaxedSimd: boolean): Promise<KernelHost> {
  const host = createKernelHost(await startStock(), { relaxedSimd });
  registerKernels(host);
  registerGradients();
  return host;
}

export interface Values {
  readonly shape: readonly number[];
  readonly dtype: string;
  values: ArrayLike<number>;
}

/** What `compute` returns on a backend; tensors that it makes are disposed of. */
export async function on(backend: 'cpu' | 'wasm', compute: () => tf.Tensor | readonly tf.Tensor[]): Promise<Values[]> {
  await tf.setBackend(backend);
  const tensors = tf.tidy(() => [compute()].flat() as tf.Tensor[]);
  const values = tensors.map((t) => ({ shape: t.shape, dtype: t.dtype, values: t.dataSync() }));
  tf.dispose(tensors);
  return values;
}

/** Uniform numbers in (-1, 1), the same for the same seed (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

/** A tensor of uniform numbers in (-1, 1). */
export function randomTensor(seed: number, shape: readonly number[]): tf.Tensor {
  const next = uniform(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape as number[]) }, next),
    shape as number[],
    'float32',
  );
}

/** Throws unless each value is right to `tolerance`, relative to the greatest finite magnitude of its tensor; NaN and infinities must be the same. */
export function expectClose(actual: readonly Values[], expected: readonly Values[], tolerance = 1e-5): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} tensors for ${expected.length}`);
  actual.forEach((a, at) => {
    const e = expected[at]!;
    if (a.shape.join() !== e.shape.join())
      throw new Error(`tensor ${at} has shape [${a.shape}], expected [${e.shape}]`);
    if (a.dtype !== e.dtype) throw new Error(`tensor ${at} is ${a.dtype}, expected ${e.dtype}`);
    let scale = 0;
    for (let i = 0; i < e.values.length; i++)
      if (Number.isFinite(e.values[i]!)) scale = Math.max(scale, Math.abs(e.values[i]!));
    for (let i = 0; i < e.values.length; i++) {
      const [x, y] = [a.values[i]!, e.values[i]!];
      const right = Number.isFinite(y) ? Math.abs(x - y) <= tolerance * scale : Object.is(x, y);
      if (!right) throw new Error(`tensor ${at} of shape [${e.shape}]: value ${i} is ${x}, expected ${y}`);
    }
  });
}

/** Computes on both backends and compares. */
export async function expectSameAsCpu(
  compute: () => tf.Tensor | readonly tf.Tensor[],
  tolerance?: number,
): Promise<void> {
  const expected = await on('cpu', compute);
  expectClose(await on('wasm', compute), expected, tolerance);
}
