import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';

/**
 * Softmax and LogSoftmax along the last axis; OverparamSoftmaxGradient: y (dy - <y, dy>) from y and dy; and
 * OverparamSoftmaxCrossEntropy: [loss of each row, its derivative in the logits].
 */
export function softmaxKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  const rows = (x: TensorInfo, write: (rows: number, n: number, y: number) => void): TensorInfo =>
    host.make(x.shape, 'float32', (y) => {
      const n = x.shape[x.shape.length - 1] ?? 1;
      if (n > 0) write(util.sizeFromShape(x.shape) / n, n, host.offset(y));
    });
  return {
    Softmax: (args) => {
      const { logits } = args.inputs as unknown as { logits: TensorInfo };
      const { dim } = args.attrs as unknown as { dim: number };
      if (logits.dtype !== 'float32' || dim !== logits.shape.length - 1) return stock('Softmax')(args);
      return rows(logits, (count, n, y) => host.wasm.softmax(host.offset(logits), count, n, y));
    },
    LogSoftmax: ({ inputs }) => {
      const { logits } = inputs as unknown as { logits: TensorInfo };
      return rows(logits, (count, n, y) => host.wasm.logSoftmax(host.offset(logits), count, n, y));
    },
    OverparamSoftmaxGradient: ({ inputs }) => {
      const { y, dy } = inputs as unknown as Record<'y' | 'dy', TensorInfo>;
      return rows(y, (count, n, dx) => host.wasm.softmaxGradient(host.offset(y), host.offset(dy), count, n, dx));
    },
    OverparamSoftmaxCrossEntropy: ({ inputs }) => {
      const { labels, logits } = inputs as unknown as Record<'labels' | 'logits', TensorInfo>;
      const [outer, n] = [logits.shape.slice(0, -1), logits.shape[logits.shape.length - 1]!];
      return host.several([outer, logits.shape], (loss, gradient) =>
        host.wasm.softmaxCrossEntropy(
          ...([host.offset(labels), host.offset(logits), util.sizeFromShape(outer), n, loss!, gradient!] as const),
        ),
      );
    },
  };
}
