import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';

type Inputs<Name extends string> = Readonly<Record<Name, TensorInfo>>;

/**
 * What an optimiser does to tensors as large as the parameters, one pass each. Reached by name, with tf.engine().runKernel, where
 * tf.getKernel(name, tf.getBackend()) finds them; inputs are float32 tensors of one size, results are new tensors.
 */
export function optimizerKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const { wasm, offset } = host;
  const size = (t: TensorInfo): number => util.sizeFromShape(t.shape);
  const like = (t: TensorInfo, write: (at: number) => void): TensorInfo =>
    host.make(t.shape, 'float32', (out) => write(offset(out)));
  const several = (t: TensorInfo, count: number, write: (...at: number[]) => void): TensorInfo[] =>
    host.several(new Array<number[]>(count).fill(t.shape), write);

  return {
    /** x + step d */
    OverparamAxpy: ({ inputs, attrs }) => {
      const { x, d } = inputs as unknown as Inputs<'x' | 'd'>;
      const { step } = attrs as unknown as { step: number };
      return like(x, (y) => wasm.axpy(offset(x), offset(d), step, y, size(x)));
    },
    /** <g, d> and <g, g>, summed in float64: four float32, each sum as its value in float32 and the remainder of it. */
    OverparamDots: ({ inputs }) => {
      const { g, d } = inputs as unknown as Inputs<'g' | 'd'>;
      return host.make([4], 'float32', (out) =>
        host.scratch(16, (at) => {
          wasm.dots(offset(g), offset(d), size(g), at);
          const sums = host.doubles(at, 2);
          const parts = Array.from(sums).flatMap((sum) => {
            const high = Math.fround(sum);
            return [high, Number.isFinite(high) ? sum - high : 0];
          });
          host.floats(out).set(parts);
        }),
      );
    },
    /** [velocity, d] of momentum: velocity = momentum velocity + g, d = -velocity; with useNesterov d = -(g + momentum velocity). */
    OverparamMomentum: ({ inputs, attrs }) => {
      const { velocity, g } = inputs as unknown as Inputs<'velocity' | 'g'>;
      const { momentum, useNesterov = false } = attrs as unknown as { momentum: number; useNesterov?: boolean };
      return several(g, 2, (v, d) =>
        wasm.momentum(offset(velocity), offset(g), momentum, useNesterov ? 1 : 0, v!, d!, size(g)),
      );
    },
    /** [m, v, d] of Adam, or [m, v, greatest, d] of AMSGrad where `greatest` is given; `step` counts from 1. */
    OverparamAdam: ({ inputs, attrs }) => {
      const { m, v, g, greatest } = inputs as unknown as Inputs<'m' | 'v' | 'g'> & Partial<Inputs<'greatest'>>;
      const { beta1, beta2, epsilon, step } = attrs as unknown as Record<
        'beta1' | 'beta2' | 'epsilon' | 'step',
        number
      >;
      return several(g, greatest ? 4 : 3, (newM, newV, ...rest) =>
        wasm.adam(
          ...([offset(m), offset(v), greatest ? offset(greatest) : 0, offset(g), beta1, beta2] as const),
          ...([1 - beta1 ** step, 1 - beta2 ** step, epsilon] as const),
          ...([newM!, newV!, greatest ? rest[0]! : 0, rest[rest.length - 1]!, size(g)] as const),
        ),
      );
    },
    /** [sum, d] of Adagrad: sum = sum + g^2, d = -g / (sqrt(sum) + epsilon). */
    OverparamAdagrad: ({ inputs, attrs }) => {
      const { sum, g } = inputs as unknown as Inputs<'sum' | 'g'>;
      const { epsilon } = attrs as unknown as { epsilon: number };
      return several(g, 2, (s, d) => wasm.adagrad(offset(sum), offset(g), epsilon, s!, d!, size(g)));
    },
  };
}
