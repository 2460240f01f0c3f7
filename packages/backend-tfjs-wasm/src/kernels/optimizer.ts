import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type Exports } from './exports.ts';
import { groupsOf, maxGroups } from './groups.ts';
import { type KernelHost } from './host.ts';
import { ranges, split } from './split.ts';
import { derived } from '../programs/parameter.ts';

type Inputs<Name extends string> = Readonly<Record<Name, TensorInfo>>;

/**
 * What an optimiser does to tensors as large as the parameters, one pass each. Reached by name, with tf.engine().runKernel, where
 * tf.getKernel(name, tf.getBackend()) finds them; inputs are float32 tensors of one size, results are new tensors.
 */
export function optimizerKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const { offset } = host;
  const size = (t: TensorInfo): number => util.sizeFromShape(t.shape);
  const like = (t: TensorInfo, write: (at: number) => void): TensorInfo =>
    host.make(t.shape, 'float32', (out) => write(offset(out)));
  const several = (t: TensorInfo, count: number, write: (...at: number[]) => void): TensorInfo[] =>
    host.several(new Array<number[]>(count).fill(t.shape), write);

  /** A kernel over all numbers of t; `args` gets a byte offset into each tensor, and how many numbers. */
  const update = (
    kernel: keyof Exports,
    t: TensorInfo,
    weight: number,
    args: (at: number, count: number) => readonly number[],
  ): void =>
    split(host, kernel, { items: size(t), grain: 16, cost: weight * size(t) }, (first, count) =>
      args(4 * first, count),
    );

  return {
    /** x + step d */
    OverparamAxpy: ({ inputs, attrs }) => {
      const { x, d } = inputs as unknown as Inputs<'x' | 'd'>;
      const { step } = attrs as unknown as { step: number };
      return like(x, (y) => {
        const [from, by] = [offset(x), offset(d)];
        update('axpy', x, 2, (at, count) => [from + at, by + at, step, y + at, count]);
      });
    },
    /** <g, d> and <g, g>, summed in float64: four float32, each sum as its value in float32 and the remainder of it. */
    OverparamDots: ({ inputs }) => {
      const { g, d } = inputs as unknown as Inputs<'g' | 'd'>;
      return host.make([4], 'float32', (out) =>
        host.scratch(16 * maxGroups, (at) => {
          const [x, y, groups] = [offset(g), offset(d), groupsOf(size(g))];
          host.share('dots', 2 * size(g), (_, compute) =>
            compute(
              ranges(size(g), groups, 16, (first, count, i) => [x + 4 * first, y + 4 * first, count, at + 16 * i]),
            ),
          );
          host.run('sumDots', [at, groups, offset(out)]);
        }),
      );
    },
    /** [velocity, d] of momentum: velocity = momentum velocity + g, d = -velocity; with useNesterov d = -(g + momentum velocity). */
    OverparamMomentum: ({ inputs, attrs }) => {
      const { velocity, g } = inputs as unknown as Inputs<'velocity' | 'g'>;
      const { momentum, useNesterov = false } = attrs as unknown as { momentum: number; useNesterov?: boolean };
      return several(g, 2, (v, d) => {
        const [before, by] = [offset(velocity), offset(g)];
        update('momentum', g, 3, (at, count) => [
          ...[before + at, by + at, momentum, useNesterov ? 1 : 0, v! + at, d! + at, count],
        ]);
      });
    },
    /** [m, v, d] of Adam, or [m, v, greatest, d] of AMSGrad where `greatest` is given; `step` counts from 1. */
    OverparamAdam: ({ inputs, attrs }) => {
      const { m, v, g, greatest } = inputs as unknown as Inputs<'m' | 'v' | 'g'> & Partial<Inputs<'greatest'>>;
      const { beta1, beta2, epsilon, step } = attrs as unknown as Record<
        'beta1' | 'beta2' | 'epsilon' | 'step',
        number
      >;
      const correction = (beta: number): number => derived(step, (t) => 1 - beta ** t);
      return several(g, greatest ? 4 : 3, (newM, newV, ...rest) => {
        const [from, by, top, x] = [offset(m), offset(v), greatest ? offset(greatest) : 0, offset(g)];
        const [newTop, d] = [greatest ? rest[0]! : 0, rest[rest.length - 1]!];
        update('adam', g, 6, (at, count) => [
          ...[from + at, by + at, top && top + at, x + at, beta1, beta2, correction(beta1), correction(beta2), epsilon],
          ...[newM! + at, newV! + at, newTop && newTop + at, d + at, count],
        ]);
      });
    },
    /** [sum, d] of Adagrad: sum = sum + g^2, d = -g / (sqrt(sum) + epsilon). */
    OverparamAdagrad: ({ inputs, attrs }) => {
      const { sum, g } = inputs as unknown as Inputs<'sum' | 'g'>;
      const { epsilon } = attrs as unknown as { epsilon: number };
      return several(g, 2, (s, d) => {
        const [from, by] = [offset(sum), offset(g)];
        update('adagrad', g, 4, (at, count) => [from + at, by + at, epsilon, s! + at, d! + at, count]);
      });
    },
  };
}
