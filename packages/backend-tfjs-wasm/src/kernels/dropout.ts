import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { split } from './split.ts';

/** OverparamDropout: x scale where the hash of (index, seed) is at least `threshold`, 0 elsewhere. */
export function dropoutKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  return {
    OverparamDropout: ({ inputs, attrs }) => {
      const { x } = inputs as unknown as { x: TensorInfo };
      const { seed, threshold, scale } = attrs as unknown as Record<'seed' | 'threshold' | 'scale', number>;
      return host.make(x.shape, 'float32', (y) => {
        const [from, to, items] = [host.offset(x), host.offset(y), util.sizeFromShape(x.shape)];
        split(host, 'dropout', { items, grain: 16, cost: 4 * items }, (first, count) => [
          ...[from + 4 * first, first, count, seed, threshold, scale, to + 4 * first],
        ]);
      });
    },
  };
}
