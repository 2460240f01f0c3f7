import {
  backend_util,
  type DataType,
  type KernelFunc,
  scatter_util,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { type KernelHost } from './host.ts';
import { fillWith } from './rearrangement.ts';
import { allInJavaScript, isNumeric, valuesOf } from './values.ts';

type Inputs<Name extends string> = Readonly<Record<Name, TensorInfo>>;

/**
 * GatherNd, ScatterNd, TensorScatterUpdate, SparseToDense, OneHot and TopK, for all numeric types. An index outside the tensor is an
 * error before anything is written, as on tfjs's cpu backend; OneHot has a row of `offValue` for it.
 */
export function indexingKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  /** Where each slice begins that `indices` [..., depth] name, in numbers. */
  const places = (name: string, indices: TensorInfo, shape: readonly number[], depth: number): Int32Array => {
    const at = valuesOf(host, indices);
    const steps = Array.from({ length: depth }, (_, d) => util.sizeFromShape(shape.slice(d + 1)));
    const result = new Int32Array(depth === 0 ? 1 : at.length / depth);
    for (let i = 0; i < result.length; i++) {
      for (let d = 0; d < depth; d++) {
        const index = at[i * depth + d]!;
        if (!(index >= 0 && index < shape[d]!))
          throw new WasmError(
            'BAD_INDEX',
            `${name}: index ${index} of axis ${d} is outside shape [${shape.join(', ')}]: it must be from 0 to ${shape[d]! - 1}.`,
          );
        result[i]! += index * steps[d]!;
      }
    }
    return result;
  };
  const assertNumeric = (name: string, x: TensorInfo): void => {
    if (!isNumeric(x)) throw new WasmError('BAD_DTYPE', `${name} of ${x.dtype}: it takes float32, int32 or bool.`);
  };

  /** A tensor of `shape` that begins as `begin` and has the slices of `updates` put or added at `indices`. */
  const scattered = (
    name: string,
    ...[indices, updates, shape, begin, add]: [TensorInfo, TensorInfo, readonly number[], TensorInfo | number, boolean]
  ): TensorInfo => {
    assertNumeric(name, updates);
    const { sliceRank, sliceSize, outputSize } = scatter_util.calculateShapes(
      ...([updates, indices, shape as number[]] as unknown as Parameters<typeof scatter_util.calculateShapes>),
    );
    const starts = places(name, indices, shape, sliceRank);
    return host.make(shape, updates.dtype, (out) => {
      const to = valuesOf(host, out);
      if (typeof begin === 'number') fillWith(host, out, begin);
      else to.set(valuesOf(host, begin));
      if (outputSize === 0) return;
      const from = valuesOf(host, updates);
      const whole = updates.shape.length > 0;
      const bool = updates.dtype === 'bool';
      starts.forEach((start, i) => {
        for (let j = 0; j < sliceSize; j++) {
          const value = from[whole ? i * sliceSize + j : 0]!;
          if (!add) to[start + j] = value;
          else if (bool) to[start + j]! |= value;
          else to[start + j]! += value;
        }
      });
    });
  };

  return allInJavaScript(host, {
    GatherNd: ({ inputs }) => {
      const { params, indices } = inputs as unknown as Inputs<'params' | 'indices'>;
      assertNumeric('GatherNd', params);
      const [shape, , sliceSize] = backend_util.prepareAndValidate(params as never, indices as never);
      const starts = places('GatherNd', indices, params.shape, indices.shape[indices.shape.length - 1]!);
      return host.make(shape, params.dtype, (out) => {
        const [from, to] = [valuesOf(host, params), valuesOf(host, out)];
        if (to.length === 0) return;
        starts.forEach((start, i) => {
          for (let j = 0; j < sliceSize; j++) to[i * sliceSize + j] = from[start + j]!;
        });
      });
    },
    ScatterNd: ({ inputs, attrs }) => {
      const { indices, updates } = inputs as unknown as Inputs<'indices' | 'updates'>;
      return scattered('ScatterNd', indices, updates, (attrs as unknown as { shape: number[] }).shape, 0, true);
    },
    TensorScatterUpdate: ({ inputs }) => {
      const { tensor, indices, updates } = inputs as unknown as Inputs<'tensor' | 'indices' | 'updates'>;
      if (tensor.dtype !== updates.dtype)
        throw new WasmError('BAD_DTYPE', `TensorScatterUpdate of ${tensor.dtype} by ${updates.dtype}: use one type.`);
      return scattered('TensorScatterUpdate', indices, updates, tensor.shape, tensor, false);
    },
    SparseToDense: ({ inputs, attrs }) => {
      const named = inputs as unknown as Inputs<'sparseIndices' | 'sparseValues' | 'defaultValue'>;
      const { outputShape } = attrs as unknown as { outputShape: number[] };
      const { sparseIndices, sparseValues, defaultValue } = named;
      assertNumeric('SparseToDense', defaultValue);
      const otherwise = valuesOf(host, defaultValue)[0] ?? 0;
      // A list of indices is one of places along the only axis.
      const rank = sparseIndices.shape.length;
      const indices = rank < 2 ? { ...sparseIndices, shape: [sparseIndices.shape[0] ?? 1, 1] } : sparseIndices;
      const count = indices.shape[0]!;
      const values = sparseValues.shape.length === 0 ? repeated(sparseValues, count) : sparseValues;
      try {
        return scattered('SparseToDense', indices, values, outputShape, otherwise, false);
      } finally {
        if (values !== sparseValues) host.free(values);
      }
    },
    OneHot: ({ inputs, attrs }) => {
      const { indices } = inputs as unknown as Inputs<'indices'>;
      const { depth, onValue, offValue, dtype } = attrs as unknown as {
        depth: number;
        onValue: number;
        offValue: number;
        dtype: DataType;
      };
      return host.make([...indices.shape, depth], dtype, (out) => {
        fillWith(host, out, offValue);
        const [at, to] = [valuesOf(host, indices), valuesOf(host, out)];
        at.forEach((index: number, row: number) => {
          if (index >= 0 && index < depth) to[row * depth + index] = dtype === 'bool' ? (onValue ? 1 : 0) : onValue;
        });
      });
    },
    TopK: ({ inputs, attrs }) => {
      const { x } = inputs as unknown as Inputs<'x'>;
      const { k } = attrs as unknown as { k: number };
      assertNumeric('TopK', x);
      const n = x.shape[x.shape.length - 1]!;
      const shape = [...x.shape.slice(0, -1), k];
      let indices: TensorInfo | undefined;
      try {
        const values = host.make(shape, x.dtype, (greatest) => {
          indices = host.make(shape, 'int32', () => {});
          const [from, to, at] = [valuesOf(host, x), valuesOf(host, greatest), valuesOf(host, indices)];
          for (let row = 0; row < util.sizeFromShape(shape.slice(0, -1)); row++) {
            const line = from.subarray(row * n, (row + 1) * n);
            greatestOf(line, k).forEach((place, i) => {
              to[row * k + i] = line[place]!;
              at[row * k + i] = place;
            });
          }
        });
        return [values, indices!];
      } catch (error) {
        if (indices) host.free(indices);
        throw error;
      }
    },
  });

  /** A scalar, `count` times. */
  function repeated(x: TensorInfo, count: number): TensorInfo {
    return host.make([count], x.dtype, (out) => fillWith(host, out, valuesOf(host, x)[0]!));
  }
}

/** The places of the k greatest numbers, the greatest first, of equals the first; NaN is greater than any number. */
function greatestOf(line: ArrayLike<number>, k: number): readonly number[] {
  const before = (i: number, j: number): boolean => {
    const [a, b] = [line[i]!, line[j]!];
    if (Number.isNaN(a) !== Number.isNaN(b)) return Number.isNaN(a);
    return a > b || (!(a < b) && i < j);
  };
  if (k > 32)
    return Array.from(line, (_, i) => i)
      .sort((i, j) => (before(i, j) ? -1 : 1))
      .slice(0, k);
  const best: number[] = [];
  for (let i = 0; i < line.length && k > 0; i++) {
    if (best.length === k && !before(i, best[k - 1]!)) continue;
    if (best.length === k) best.pop();
    let at = best.length;
    while (at > 0 && before(i, best[at - 1]!)) at--;
    best.splice(at, 0, i);
  }
  return best;
}
