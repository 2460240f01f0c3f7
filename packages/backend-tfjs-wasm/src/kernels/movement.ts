import { backend_util, type KernelFunc, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { type KernelHost } from './host.ts';
import { type Stock } from './register.ts';
import { keepsAll, type Loop, strides, stridedCopy } from './strided-copy.ts';

interface Movement {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/**
 * Kernels that move numbers and change none: Transpose, Tile, Slice, Reverse, Pack, Unpack, Concat, SplitV and Identity.
 * tfjs's own take strings, which lie outside the heap, and tensors of different types.
 */
export function movementKernels(host: KernelHost, stock: Stock): Readonly<Record<string, KernelFunc>> {
  /** A tensor of the shape, filled from x along the loops; x itself, seen in that shape, where nothing moves. */
  const moved = (x: TensorInfo, shape: readonly number[], loops: readonly Loop[], start = 0): TensorInfo =>
    keepsAll(loops, util.sizeFromShape(x.shape))
      ? host.alias(x, shape)
      : host.make(shape, x.dtype, (out) => stridedCopy(host, x, out, loops, { start }));

  const slice = (x: TensorInfo, begin: readonly number[], size: readonly number[]): TensorInfo => {
    const [from, to] = [strides(x.shape), strides(size)];
    const start = begin.reduce((sum, first, axis) => sum + first * from[axis]!, 0);
    return moved(
      x,
      size,
      size.map((count, axis) => ({ size: count, from: from[axis]!, to: to[axis]! })),
      start,
    );
  };

  /** The tensors side by side along an axis; shapes may differ along it. */
  const concat = (tensors: readonly TensorInfo[], axis: number, shape: readonly number[]): TensorInfo =>
    host.make(shape, tensors[0]!.dtype, (out) => {
      const row = util.sizeFromShape(shape.slice(axis) as number[]);
      let target = 0;
      for (const x of tensors) {
        const part = util.sizeFromShape(x.shape.slice(axis));
        const rows = { size: part === 0 ? 0 : util.sizeFromShape(x.shape) / part, from: part, to: row };
        stridedCopy(host, x, out, [rows, { size: part, from: 1, to: 1 }], { target });
        target += part;
      }
    });

  const kernels: Readonly<Record<string, (movement: Movement) => TensorInfo | TensorInfo[]>> = {
    Identity: ({ inputs: { x } }) => host.alias(x!, x!.shape),

    Transpose: ({ inputs: { x }, attrs }) => {
      const order = attrs['perm'] as readonly number[];
      const shape = order.map((axis) => x!.shape[axis]!);
      const [from, to] = [strides(x!.shape), strides(shape)];
      return moved(
        x!,
        shape,
        order.map((axis, i) => ({ size: shape[i]!, from: from[axis]!, to: to[i]! })),
      );
    },

    Tile: ({ inputs: { x }, attrs }) => {
      const repetitions = attrs['reps'] as readonly number[];
      const shape = x!.shape.map((size, axis) => size * repetitions[axis]!);
      const [from, to] = [strides(x!.shape), strides(shape)];
      const loops = x!.shape.flatMap((size, axis) => [
        { size: repetitions[axis]!, from: 0, to: size * to[axis]! },
        { size, from: from[axis]!, to: to[axis]! },
      ]);
      return moved(x!, shape, loops);
    },

    Slice: ({ inputs: { x }, attrs }) => {
      const [begin, size] = slice_util.parseSliceParams(
        x as never,
        attrs['begin'] as number[],
        attrs['size'] as number[],
      ) as [number[], number[]];
      slice_util.assertParamsValid(x as never, begin, size);
      if (begin.some((first) => first < 0) || size.some((count) => count < 0))
        throw new WasmError(
          'BAD_INDEX',
          `Slice of shape [${x!.shape.join(', ')}]: begin [${begin.join(', ')}] and size [${size.join(', ')}] must be 0 or more.`,
        );
      return slice(x!, begin, size);
    },

    Reverse: ({ inputs: { x }, attrs }) => {
      const reversed = util.parseAxisParam(attrs['dims'] as number[], x!.shape);
      const steps = strides(x!.shape);
      let start = 0;
      const loops = x!.shape.map((size, axis) => {
        const to = steps[axis]!;
        if (!reversed.includes(axis)) return { size, from: to, to };
        start += (size - 1) * to;
        return { size, from: -to, to };
      });
      return moved(x!, x!.shape, loops, start);
    },

    Unpack: ({ inputs: { value }, attrs }) => {
      const axis = util.parseAxisParam(attrs['axis'] as number, value!.shape)[0]!;
      const size = value!.shape.map((count, i) => (i === axis ? 1 : count));
      return all(value!.shape[axis]!, (i) => {
        const part = slice(
          value!,
          size.map((_, other) => (other === axis ? i : 0)),
          size,
        );
        return { ...part, shape: size.filter((_, other) => other !== axis) };
      });
    },

    SplitV: ({ inputs: { x }, attrs }) => {
      const axis = util.parseAxisParam(attrs['axis'] as number, x!.shape)[0]!;
      const sizes = splitSizes(attrs['numOrSizeSplits'] as number | readonly number[], x!.shape[axis]!);
      let first = 0;
      return all(sizes.length, (i) => {
        const begin = x!.shape.map((_, other) => (other === axis ? first : 0));
        first += sizes[i]!;
        return slice(
          x!,
          begin,
          x!.shape.map((count, other) => (other === axis ? sizes[i]! : count)),
        );
      });
    },

    Concat: ({ inputs, attrs }) => {
      const tensors = Object.values(inputs);
      const axis = util.parseAxisParam(attrs['axis'] as number, tensors[0]!.shape)[0]!;
      const shapes = tensors.map(({ shape }) => shape);
      backend_util.assertParamsConsistent(shapes, axis);
      const shape = backend_util.computeOutShape(shapes, axis);
      const only = tensors.filter((x) => util.sizeFromShape(x.shape) > 0);
      return only.length === 1 ? host.alias(only[0]!, shape) : concat(tensors, axis, shape);
    },

    Pack: ({ inputs, attrs }) => {
      const tensors = Object.values(inputs);
      const shape = tensors[0]!.shape;
      const axis = util.parseAxisParam(attrs['axis'] as number, [...shape, 1])[0]!;
      for (const x of tensors) {
        util.assertShapesMatch(shape, x.shape, 'All tensors passed to stack must have matching shapes');
        util.assert(x.dtype === tensors[0]!.dtype, () => 'All tensors passed to stack must have matching dtypes');
      }
      const raised = tensors.map((x) => ({ ...x, shape: shape.toSpliced(axis, 0, 1) }));
      return concat(raised, axis, shape.toSpliced(axis, 0, tensors.length));
    },
  };

  /** Makes the given number of tensors; if one fails, those before it are freed. */
  function all(count: number, make: (i: number) => TensorInfo): TensorInfo[] {
    const made: TensorInfo[] = [];
    try {
      for (let i = 0; i < count; i++) made.push(make(i));
      return made;
    } catch (error) {
      made.forEach((tensor) => host.free(tensor));
      throw error;
    }
  }

  return Object.fromEntries(
    Object.entries(kernels).map(([name, kernel]) => {
      const func: KernelFunc = (call) => {
        const [first, ...others] = Object.values(call.inputs as Record<string, TensorInfo>);
        const plain = first?.dtype !== 'string' && others.every(({ dtype }) => dtype === first?.dtype);
        return plain ? kernel(call as unknown as Movement) : stock(name)(call);
      };
      return [name, func];
    }),
  );
}

/** The sizes of the parts: equal ones, or as given, where one of -1 takes what is left. */
function splitSizes(parts: number | readonly number[], size: number): readonly number[] {
  if (typeof parts === 'number') {
    util.assert(size % parts === 0, () => `Number of splits must evenly divide the axis: ${size} into ${parts}.`);
    return new Array<number>(parts).fill(size / parts);
  }
  const rest = size - parts.reduce((sum, part) => (part === -1 ? sum : sum + part), 0);
  const sizes = parts.map((part) => (part === -1 ? rest : part));
  util.assert(
    sizes.reduce((sum, part) => sum + part, 0) === size && parts.filter((part) => part === -1).length <= 1,
    () => `The sizes ${parts.join(', ')} do not add up to ${size}, the size of the axis.`,
  );
  return sizes;
}
