import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type Exports } from './exports.ts';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';
import { transcendental } from './sharing.ts';
import { split } from './split.ts';

/**
 * Softmax and LogSoftmax along the last axis; OverparamSoftmaxGradient: y (dy - <y, dy>) from y and dy; and
 * OverparamSoftmaxCrossEntropy: [loss of each row, its derivative in the logits].
 */
export function softmaxKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  /** A new tensor like the inputs, by a kernel of (inputs ..., rows, n, result). */
  const rows = (kernel: keyof Exports, ...inputs: readonly TensorInfo[]): TensorInfo =>
    host.make(inputs[0]!.shape, 'float32', (y) => {
      const { shape } = inputs[0]!;
      const n = shape[shape.length - 1] ?? 1;
      if (n === 0) return;
      const [from, to, size] = [inputs.map(host.offset), host.offset(y), util.sizeFromShape(shape)];
      split(host, kernel, { items: size / n, cost: size * transcendental }, (row, count) => [
        ...[...from.map((at) => at + 4 * row * n), count, n, to + 4 * row * n],
      ]);
    });
  return {
    Softmax: (args) => {
      const { logits } = args.inputs as unknown as { logits: TensorInfo };
      const { dim } = args.attrs as unknown as { dim: number };
      if (logits.dtype !== 'float32' || dim !== logits.shape.length - 1) return stock('Softmax')(args);
      return rows('softmax', logits);
    },
    LogSoftmax: ({ inputs }) => {
      const { logits } = inputs as unknown as { logits: TensorInfo };
      return rows('logSoftmax', logits);
    },
    OverparamSoftmaxGradient: ({ inputs }) => {
      const { y, dy } = inputs as unknown as Record<'y' | 'dy', TensorInfo>;
      return rows('softmaxGradient', y, dy);
    },
    OverparamSoftmaxCrossEntropy: ({ inputs }) => {
      const { labels, logits } = inputs as unknown as Record<'labels' | 'logits', TensorInfo>;
      const [outer, n] = [logits.shape.slice(0, -1), logits.shape[logits.shape.length - 1]!];
      return host.several([outer, logits.shape], (loss, gradient) => {
        const [y, z, items] = [host.offset(labels), host.offset(logits), util.sizeFromShape(outer)];
        split(host, 'softmaxCrossEntropy', { items, cost: items * n * transcendental }, (row, count) => [
          ...[y + 4 * row * n, z + 4 * row * n, count, n, loss! + 4 * row, gradient! + 4 * row * n],
        ]);
      });
    },
  };
}
