import { broadcast_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';
import { transcendental } from './sharing.ts';
import { partsOf, ranges, split } from './split.ts';

const arithmetic: Readonly<Record<string, number>> = {
  ...{ Maximum: 0, Minimum: 1, Add: 2, Sub: 3, Multiply: 4, RealDiv: 5, SquaredDifference: 6 },
};
const comparisons: Readonly<Record<string, number>> = {
  ...{ Equal: 16, NotEqual: 17, Less: 18, LessEqual: 19, Greater: 20, GreaterEqual: 21 },
};
const [prelu, eluGradient, geluGradient, siluGradient] = [7, 8, 9, 10];
/** Room behind the axes in which the kernel repeats a short row; see `assembly/binary.ts`. */
const patternBytes = 512;
const logical = ['LogicalAnd', 'LogicalOr', 'LogicalXor'];

/** Functions of two numbers with broadcasting, on float32; tfjs's own kernels take the other types. */
export function binaryKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  const run = (code: number, a: TensorInfo, b: TensorInfo, dtype: 'float32' | 'bool'): TensorInfo => {
    const axes = broadcastAxes(a.shape, b.shape);
    return host.make(axes.shape, dtype, (out) => {
      if (axes.shape.includes(0)) return;
      const [from, by, to] = [host.offset(a), host.offset(b), host.offset(out)];
      const [[items, stepA, stepB], bytes] = [axes.merged as [number, number, number], dtype === 'bool' ? 1 : 4];
      const size = util.sizeFromShape(axes.shape);
      const rank = axes.merged.length / 3;
      const cost = size * (code === geluGradient || code === siluGradient ? 2 * transcendental : 1);
      const [grain, room] = [rank === 1 ? 16 : 1, 4 * axes.merged.length + patternBytes];
      host.share('binary', cost, (most, compute) => {
        const parts = partsOf(items, grain, most);
        // Each part has axes of its own, which differ in the size of the first.
        host.scratch(room * parts, (scratch) =>
          compute(
            ranges(items, parts, grain, (first, count, part) => {
              const at = scratch + room * part;
              host.writeInts(at, [count, ...axes.merged.slice(1)]);
              const result = to + bytes * first * (size / items);
              return [code, from + 4 * first * stepA, by + 4 * first * stepB, result, at, rank];
            }),
          ),
        );
      });
    });
  };
  const kernel =
    (name: string, code: number, dtype: 'float32' | 'bool', [first, second]: readonly [string, string]): KernelFunc =>
    (args) => {
      const inputs = args.inputs as unknown as Record<string, TensorInfo>;
      const [a, b] = [inputs[first]!, inputs[second]!];
      return a.dtype === 'float32' && b.dtype === 'float32' ? run(code, a, b, dtype) : stock(name)(args);
    };
  const all = (codes: Readonly<Record<string, number>>, dtype: 'float32' | 'bool'): Record<string, KernelFunc> =>
    Object.fromEntries(Object.entries(codes).map(([name, code]) => [name, kernel(name, code, dtype, ['a', 'b'])]));
  return {
    ...all(arithmetic, 'float32'),
    ...all(comparisons, 'bool'),
    Prelu: kernel('Prelu', prelu, 'float32', ['x', 'alpha']),
    EluGrad: kernel('EluGrad', eluGradient, 'float32', ['dy', 'y']),
    OverparamGeluGradient: kernel('OverparamGeluGradient', geluGradient, 'float32', ['dy', 'x']),
    OverparamSiluGradient: kernel('OverparamSiluGradient', siluGradient, 'float32', ['dy', 'x']),
    ...Object.fromEntries(
      logical.map((name, code): [string, KernelFunc] => [
        name,
        (args) => {
          const { a, b } = args.inputs as unknown as Record<'a' | 'b', TensorInfo>;
          if (!util.arraysEqual(a.shape, b.shape)) return stock(name)(args);
          return host.make(a.shape, 'bool', (out) => {
            const [from, by, to, items] = [
              host.offset(a),
              host.offset(b),
              host.offset(out),
              util.sizeFromShape(a.shape),
            ];
            split(host, 'logical', { items, grain: 64, cost: items / 4 }, (first, count) => [
              ...[code, from + first, by + first, to + first, count],
            ]);
          });
        },
      ]),
    ),
    Select: (args) => {
      const { condition, t, e } = args.inputs as unknown as Record<'condition' | 't' | 'e', TensorInfo>;
      const size = util.sizeFromShape(t.shape);
      if (t.dtype === 'bool' || util.sizeFromShape(condition.shape) !== size) return stock('Select')(args);
      return host.make(t.shape, t.dtype, (out) => {
        const [by, yes, no, to] = [host.offset(condition), host.offset(t), host.offset(e), host.offset(out)];
        split(host, 'select', { items: size, grain: 16, cost: size }, (first, count) => [
          ...[by + first, yes + 4 * first, no + 4 * first, to + 4 * first, count],
        ]);
      });
    },
  };
}

/**
 * The broadcast shape, and its axes for `assembly/binary.ts`: [size, stride of a, stride of b] each, axes of size 1 left out,
 * neighbours merged where both operands go on contiguously.
 */
export function broadcastAxes(
  a: readonly number[],
  b: readonly number[],
): { readonly shape: number[]; readonly merged: number[] } {
  if (util.arraysEqual(a as number[], b as number[]))
    return { shape: [...a], merged: [util.sizeFromShape(a as number[]), 1, 1] };
  const shape = broadcast_util.assertAndGetBroadcastShape(a as number[], b as number[]);
  const merged: [size: number, a: number, b: number][] = [];
  let [strideA, strideB] = [1, 1];
  for (let d = shape.length - 1; d >= 0; d--) {
    const [sizeA, sizeB] = [a[d - shape.length + a.length] ?? 1, b[d - shape.length + b.length] ?? 1];
    const [stepA, stepB] = [sizeA === 1 ? 0 : strideA, sizeB === 1 ? 0 : strideB];
    strideA *= sizeA;
    strideB *= sizeB;
    if (shape[d] === 1) continue;
    const inner = merged[0];
    if (inner && stepA === inner[0] * inner[1] && stepB === inner[0] * inner[2]) inner[0] *= shape[d]!;
    else merged.unshift([shape[d]!, stepA, stepB]);
  }
  return { shape, merged: merged.length > 0 ? merged.flat() : [1, 1, 1] };
}
