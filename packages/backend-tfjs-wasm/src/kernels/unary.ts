import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { binaryKernel, unaryKernel } from './scalar.ts';
import { transcendental } from './sharing.ts';
import { split } from './split.ts';

const codes: Readonly<Record<string, number>> = {
  ...{ Exp: 0, Expm1: 1, Log: 2, Log1p: 3, Sigmoid: 4, Tanh: 5, Softplus: 6, Erf: 7 },
  ...{ Elu: 8, Selu: 9, LeakyRelu: 10, Sqrt: 11, Rsqrt: 12, Reciprocal: 13, Step: 14 },
  ...{ Square: 15, OverparamGelu: 17, OverparamSilu: 18, Relu: 19, Relu6: 20, Neg: 21, Abs: 22 },
};
const [square, cube] = [15, 16];
const simple: readonly number[] = [
  ...['LeakyRelu', 'Step', 'Square', 'Relu', 'Relu6', 'Neg', 'Abs'].map((name) => codes[name]!),
  cube,
];

/** Functions of one number: float32 in assembly, the other types in JavaScript. */
export function unaryKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const map = (code: number, x: TensorInfo, alpha = 0): TensorInfo =>
    host.make(x.shape, 'float32', (y) => {
      const [from, to, items] = [host.offset(x), host.offset(y), util.sizeFromShape(x.shape)];
      const cost = items * (simple.includes(code) ? 1 : transcendental);
      split(host, 'unary', { items, grain: 16, cost }, (first, count) => [
        ...[code, from + 4 * first, to + 4 * first, count, alpha],
      ]);
    });
  const kernels = Object.entries(codes).map(([name, code]): [string, KernelFunc] => {
    const other = unaryKernel(host, name);
    return [
      name,
      (args) => {
        const { x } = args.inputs as unknown as { x: TensorInfo };
        const { alpha } = (args.attrs ?? {}) as { alpha?: number };
        return x.dtype === 'float32' ? map(code, x, alpha) : other(args);
      },
    ];
  });
  const power = binaryKernel(host, 'Pow');
  return {
    ...Object.fromEntries(kernels),
    /** The exponents 2 and 3, which is nearly all that training asks for. */
    Pow: (args) => {
      const { a, b } = args.inputs as unknown as Record<'a' | 'b', TensorInfo>;
      if (a.dtype === 'float32' && b.dtype === 'float32' && util.sizeFromShape(b.shape) === 1) {
        const exponent = host.floats(b)[0];
        if ((exponent === 2 || exponent === 3) && b.shape.length <= a.shape.length)
          return map(exponent === 2 ? square : cube, a);
      }
      return power(args);
    },
  };
}
