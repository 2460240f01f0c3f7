// Reductions in JavaScript: of whole numbers and of bool, and those that training seldom asks for.
import { backend_util, type DataType, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { call } from './call.ts';
import { type KernelHost } from './host.ts';
import { inJavaScript, isNumeric, valuesOf } from './values.ts';

/** Which axes, and whether they stay with length 1. */
export interface Attributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** From its neutral element on, number after number. */
interface Reduction {
  readonly dtype: (x: DataType) => DataType;
  readonly first: (x: DataType) => number;
  readonly join: (a: number, b: number, x: DataType) => number;
}

const same = (dtype: DataType): DataType => dtype;
const summed = (dtype: DataType): DataType => (dtype === 'bool' ? 'int32' : dtype);
const bool = (): DataType => 'bool';

/** The extrema of nothing are the least and the greatest number of the type, as in TensorFlow. */
const reductions: Readonly<Record<string, Reduction>> = {
  Sum: { dtype: summed, first: () => 0, join: (a, b) => (a + b) | 0 },
  Prod: { dtype: summed, first: () => 1, join: (a, b, x) => (x === 'float32' ? a * b : Math.imul(a, b)) },
  Max: {
    dtype: same,
    first: (x) => (x === 'bool' ? 0 : x === 'int32' ? -(2 ** 31) : -Infinity),
    join: (a, b) => Math.max(a, b),
  },
  Min: {
    dtype: same,
    first: (x) => (x === 'bool' ? 1 : x === 'int32' ? 2 ** 31 - 1 : Infinity),
    join: (a, b) => Math.min(a, b),
  },
  All: { dtype: bool, first: () => 1, join: (a, b) => (a !== 0 && b !== 0 ? 1 : 0) },
  Any: { dtype: bool, first: () => 0, join: (a, b) => (a !== 0 || b !== 0 ? 1 : 0) },
};

/**
 * The axes that a reduction is asked for, in order.
 * @throws BAD_AXIS where one is named twice
 */
export function axesOf(x: TensorInfo, { axis, reductionIndices }: Attributes): number[] {
  const axes = util.parseAxisParam((axis ?? reductionIndices)!, x.shape).sort((a, b) => a - b);
  if (new Set(axes).size < axes.length)
    throw new WasmError('BAD_AXIS', `A reduction along the axes ${axes.join(', ')}: each axis can be reduced once.`);
  return axes;
}

/** Calls `use` with x, its axes `axes` moved behind the others. */
function withAxesLast<T>(host: KernelHost, x: TensorInfo, axes: readonly number[], use: (x: TensorInfo) => T): T {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const perm = [...kept, ...axes];
  if (perm.every((axis, i) => axis === i)) return use(x);
  const turned = call(host, 'Transpose', { x }, { perm });
  try {
    return use(turned);
  } finally {
    host.free(turned);
  }
}

/** The kernel of a reduction for all numeric types. */
export function reductionKernel(host: KernelHost, name: string): KernelFunc {
  const { dtype, first, join } = reductions[name]!;
  return inJavaScript(host, name, ({ inputs, attrs }) => {
    const { x } = inputs as unknown as { x: TensorInfo };
    const given = attrs as unknown as Attributes;
    assertNumeric(name, x);
    const axes = axesOf(x, given);
    const [kept, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = given.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
    return withAxesLast(host, x, axes, (rows) =>
      host.make(shape, dtype(x.dtype), (out) => {
        const [from, to, n] = [valuesOf(host, rows), valuesOf(host, out), util.sizeFromShape(reduced)];
        for (let row = 0; row < to.length; row++) {
          let total = first(x.dtype);
          for (let i = row * n; i < (row + 1) * n; i++) total = join(total, from[i]!, x.dtype);
          to[row] = total;
        }
      }),
    );
  });
}

/** The first place of the greatest or the least number along an axis; a number, where there is one, before NaN. */
function placeKernel(host: KernelHost, name: string, better: (a: number, b: number) => boolean): KernelFunc {
  return inJavaScript(host, name, ({ inputs, attrs }) => {
    const { x } = inputs as unknown as { x: TensorInfo };
    assertNumeric(name, x);
    const axes = axesOf(x, attrs as unknown as Attributes);
    const [shape, reduced] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const n = util.sizeFromShape(reduced);
    if (n === 0 && util.sizeFromShape(shape) > 0)
      throw new WasmError('BAD_SHAPE', `${name} along an axis of length 0 of shape [${x.shape.join(', ')}]: no place.`);
    return withAxesLast(host, x, axes, (rows) =>
      host.make(shape, 'int32', (out) => {
        const [from, to] = [valuesOf(host, rows), valuesOf(host, out)];
        for (let row = 0; row < to.length; row++) {
          let place = 0;
          for (let i = 1; i < n; i++) {
            const [best, next] = [from[row * n + place]!, from[row * n + i]!];
            if (better(next, best) || (Number.isNaN(best) && !Number.isNaN(next))) place = i;
          }
          to[row] = place;
        }
      }),
    );
  });
}

function assertNumeric(name: string, x: TensorInfo): void {
  if (!isNumeric(x))
    throw new WasmError('BAD_DTYPE', `${name} of ${x.dtype}: it takes float32, int32 or bool. Use tf.cast.`);
}

/** Prod, All, Any, ArgMax and ArgMin. */
export function scalarReductionKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  return {
    ...Object.fromEntries(['Prod', 'All', 'Any'].map((name) => [name, reductionKernel(host, name)])),
    ArgMax: placeKernel(host, 'ArgMax', (a, b) => a > b),
    ArgMin: placeKernel(host, 'ArgMin', (a, b) => a < b),
  };
}
