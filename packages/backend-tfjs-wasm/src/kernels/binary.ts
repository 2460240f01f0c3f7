import { type DataType, type KernelFunc, type TensorInfo, upcastType, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { broadcastAxes } from './broadcast.ts';
import { call } from './call.ts';
import { type KernelHost } from './host.ts';
import { binaryKernel } from './scalar.ts';
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

/** Functions of two numbers with broadcasting: float32 in assembly, the other types in JavaScript. */
export function binaryKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
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
  const kernel = (
    name: string,
    code: number,
    dtype: 'float32' | 'bool',
    [first, second]: readonly [string, string],
  ): KernelFunc => {
    const other = binaryKernel(host, name, [first, second]);
    return (args) => {
      const inputs = args.inputs as unknown as Record<string, TensorInfo>;
      const [a, b] = [inputs[first]!, inputs[second]!];
      return a.dtype === 'float32' && b.dtype === 'float32' ? run(code, a, b, dtype) : other(args);
    };
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
      logical.map((name, code): [string, KernelFunc] => {
        const other = binaryKernel(host, name);
        return [
          name,
          (args) => {
            const { a, b } = args.inputs as unknown as Record<'a' | 'b', TensorInfo>;
            const plain = a.dtype === 'bool' && b.dtype === 'bool' && util.arraysEqual(a.shape, b.shape);
            if (!plain) return other(args);
            return host.make(a.shape, 'bool', (out) => {
              const [from, by, to] = [host.offset(a), host.offset(b), host.offset(out)];
              const items = util.sizeFromShape(a.shape);
              split(host, 'logical', { items, grain: 64, cost: items / 4 }, (first, count) => [
                ...[code, from + first, by + first, to + first, count],
              ]);
            });
          },
        ];
      }),
    ),
    Select: ({ inputs }) => {
      const { condition, t, e } = inputs as unknown as Record<'condition' | 't' | 'e', TensorInfo>;
      return select(host, condition, t, e);
    },
  };
}

/** condition ? t : e, element by element; a condition of rank 1 chooses whole rows. */
function select(host: KernelHost, condition: TensorInfo, t: TensorInfo, e: TensorInfo): TensorInfo {
  const dtype = upcastType(t.dtype, e.dtype);
  const size = util.sizeFromShape(t.shape);
  const made: TensorInfo[] = [];
  const run = (kernelName: string, x: TensorInfo, attrs: object): TensorInfo => {
    made.push(call(host, kernelName, { x }, attrs));
    return made[made.length - 1]!;
  };
  const typed = (x: TensorInfo, dtype: DataType): TensorInfo => (x.dtype === dtype ? x : run('Cast', x, { dtype }));
  try {
    const [yes, no] = [typed(t, dtype), typed(e, dtype)];
    const rows = { ...typed(condition, 'bool'), shape: [condition.shape[0] ?? 1, 1] };
    const whole = util.sizeFromShape(condition.shape) === size;
    if (!util.arraysEqual(t.shape, e.shape) || (!whole && condition.shape[0] !== t.shape[0]))
      throw new WasmError(
        'BAD_SHAPE',
        `Select of shapes [${t.shape.join(', ')}] and [${e.shape.join(', ')}] by [${condition.shape.join(', ')}]: they must be equal, or the condition have one value for each row.`,
      );
    const by = whole
      ? typed(condition, 'bool')
      : run('Tile', rows, { reps: [1, rows.shape[0] === 0 ? 1 : size / rows.shape[0]!] });
    return host.make(t.shape, dtype, (out) => {
      const bytes = util.bytesPerElement(dtype);
      const [c, a, b, to] = [host.offset(by), host.offset(yes), host.offset(no), host.offset(out)];
      split(host, bytes === 1 ? 'selectBytes' : 'select', { items: size, grain: 16, cost: size }, (first, count) => [
        ...[c + first, a + bytes * first, b + bytes * first, to + bytes * first, count],
      ]);
    });
  } finally {
    made.forEach((tensor) => host.free(tensor));
  }
}
