import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';

/** OverparamDropout: x scale where the hash of (index, seed) is at least `threshold`, 0 elsewhere. */
export function dropoutKernels({ make, offset, wasm }: KernelHost): Readonly<Record<string, KernelFunc>> {
  return {
    OverparamDropout: ({ inputs, attrs }) => {
      const { x } = inputs as unknown as { x: TensorInfo };
      const { seed, threshold, scale } = attrs as unknown as Record<'seed' | 'threshold' | 'scale', number>;
      return make(x.shape, 'float32', (y) =>
        wasm.dropout(offset(x), util.sizeFromShape(x.shape), seed, threshold, scale, offset(y)),
      );
    },
  };
}
