// Gradients of linear kernels, each the adjoint: <dy, f(x)> = <f'(dy), x>.
import {
  add,
  cast,
  concat,
  type DataType,
  engine,
  equal,
  gather,
  gatherND,
  type GradConfig,
  greaterEqual,
  less,
  logicalAnd,
  maximum,
  minimum,
  mul,
  type NamedAttrMap,
  ones,
  pad,
  range,
  reshape,
  reverse,
  scalar,
  slice,
  stack,
  stridedSlice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensorScatterUpdate,
  unsortedSegmentSum,
  where,
  zeros,
  zerosLike,
  div,
} from '@tensorflow/tfjs-core';

type Dys = Tensor | Tensor[];

/** Padding along one axis. */
const along = (rank: number, axis: number, before: number, behind: number): [number, number][] =>
  Array.from({ length: rank }, (_, i) => (i === axis ? [before, behind] : [0, 0]));

/** Rounding to whole numbers has derivative 0; in tfjs-core it passes the gradient on. */
const castGradient: GradConfig = {
  kernelName: 'Cast',
  inputsToSave: ['x'],
  gradFunc: (dys, saved, attrs) => {
    const { dtype } = attrs as unknown as { dtype: DataType };
    const [dy, rounds] = [dys as Tensor, saved[0]!.dtype === 'float32' && (dtype === 'int32' || dtype === 'bool')];
    return { x: () => (rounds ? zeros(dy.shape) : dy.clone()) };
  },
};

/** What was mirrored along an axis goes back to where it came from. */
function fold(dy: Tensor, axis: number, before: number, size: number, behind: number, skip: number): Tensor {
  const part = (begin: number, count: number): Tensor =>
    slice(
      dy,
      dy.shape.map((_, i) => (i === axis ? begin : 0)),
      dy.shape.map((n, i) => (i === axis ? count : n)),
    );
  const mirrored = (begin: number, count: number, first: number): Tensor =>
    pad(reverse(part(begin, count), axis), along(dy.rank, axis, first, size - first - count));
  let folded = part(before, size);
  if (before > 0) folded = add(folded, mirrored(0, before, skip));
  if (behind > 0) folded = add(folded, mirrored(before + size, behind, size - skip - behind));
  return folded;
}

const mirrorPadGradient: GradConfig = {
  kernelName: 'MirrorPad',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [Tensor];
    const { paddings, mode } = attrs as unknown as { paddings: [number, number][]; mode: 'reflect' | 'symmetric' };
    return {
      x: () =>
        paddings.reduce<Tensor>(
          (folded, [before, behind], axis) =>
            fold(folded, axis, before, x.shape[axis]!, behind, mode === 'reflect' ? 1 : 0),
          (dy as Tensor).clone(),
        ),
    };
  },
};

/** The parts side by side again; tfjs-core fails where there is one. */
const splitGradient: GradConfig = {
  kernelName: 'SplitV',
  gradFunc: (dys: Dys, _saved, attrs) => ({
    x: () => concat([dys].flat(), (attrs as unknown as { axis: number }).axis),
  }),
};
const unpackGradient: GradConfig = {
  kernelName: 'Unpack',
  gradFunc: (dys: Dys, _saved, attrs) => ({
    value: () => stack([dys].flat(), (attrs as unknown as { axis: number }).axis),
  }),
};

/** Where the other branch was taken 0, even if dy is infinite. */
const selectGradient: GradConfig = {
  kernelName: 'Select',
  inputsToSave: ['condition'],
  gradFunc: (dys, saved) => {
    const [dy, condition] = [dys, saved[0]!] as [Tensor, Tensor];
    const rows = condition.shape.concat(new Array<number>(dy.rank - condition.rank).fill(1));
    const chosen = (): Tensor => reshape(condition, rows);
    return {
      condition: () => zeros(condition.shape),
      t: () => where(chosen(), dy, zerosLike(dy)),
      e: () => where(chosen(), zerosLike(dy), dy),
    };
  },
};

/** Rows of `x` by their number, 0 for a number that is outside. */
function rowsOf(x: Tensor, ids: Tensor): Tensor {
  const n = x.shape[0]!;
  const inner = x.shape.slice(1);
  if (n === 0 || ids.size === 0) return zeros([...ids.shape, ...inner]);
  const inside = logicalAnd(greaterEqual(ids, scalar(0, 'int32')), less(ids, scalar(n, 'int32')));
  const rows = gather(x, minimum(maximum(ids, scalar(0, 'int32')), scalar(n - 1, 'int32')));
  return where(reshape(inside, [...ids.shape, ...inner.map(() => 1)]), rows, zerosLike(rows));
}

const segmentGradient: GradConfig = {
  kernelName: 'UnsortedSegmentSum',
  inputsToSave: ['segmentIds'],
  gradFunc: (dy, saved) => {
    const [ids] = saved as [Tensor];
    return { x: () => rowsOf(dy as Tensor, ids), segmentIds: () => zeros(ids.shape) };
  },
};

/** Sums, or means, of rows of `data` that `indices` name, one for each segment. */
const sparseSegments = (kernelName: 'SparseSegmentSum' | 'SparseSegmentMean'): GradConfig => ({
  kernelName,
  inputsToSave: ['data', 'indices', 'segmentIds'],
  gradFunc: (dys, saved) => {
    const [data, indices, ids] = saved as [Tensor, Tensor1D, Tensor1D];
    const dy = dys as Tensor;
    return {
      data: () => {
        const counts = unsortedSegmentSum(ones(ids.shape), ids, dy.shape[0]!);
        const each = kernelName === 'SparseSegmentSum' ? dy : div(dy, column(maximum(counts, 1), dy.rank));
        return unsortedSegmentSum(rowsOf(each, ids), indices, data.shape[0]!);
      },
      indices: () => zeros(indices.shape),
      segmentIds: () => zeros(ids.shape),
    };
  },
});

const column = (x: Tensor, rank: number): Tensor => reshape(x, [-1, ...new Array<number>(rank - 1).fill(1)]);

const diagGradient: GradConfig = {
  kernelName: 'Diag',
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => {
    const [x] = saved as [Tensor];
    const n = x.size;
    return {
      x: () =>
        n === 0 ? zerosLike(x) : reshape(stridedSlice(reshape(dy as Tensor, [n * n]), [0], [n * n], [n + 1]), x.shape),
    };
  },
};

const flipGradient: GradConfig = {
  kernelName: 'FlipLeftRight',
  gradFunc: (dy) => ({ image: () => engine().runKernel('FlipLeftRight', { image: dy as Tensor }) }),
};

/** Of several updates of one place the last is the one that counts: 1 for those that do, else 0. */
function lasting(indices: Tensor, shape: readonly number[]): Tensor {
  const updates = indices.shape.slice(0, -1);
  const count = updates.reduce((product, size) => product * size, 1);
  const numbers = reshape(range(0, count, 1, 'int32'), updates);
  const grid = shape.slice(0, indices.shape[indices.rank - 1]);
  const written = tensorScatterUpdate(zeros([...grid], 'int32'), indices, numbers);
  return cast(equal(gatherND(written, indices), numbers), 'float32');
}

/** The slices of dy at `indices`, as the updates that wrote them. */
function updatesGradient(dy: Tensor, indices: Tensor): Tensor {
  const slices = gatherND(dy, indices);
  const kept = lasting(indices, dy.shape);
  return mul(slices, reshape(kept, [...kept.shape, ...new Array<number>(slices.rank - kept.rank).fill(1)]));
}

const scatterUpdateGradient: GradConfig = {
  kernelName: 'TensorScatterUpdate',
  inputsToSave: ['indices', 'updates'],
  gradFunc: (dys, saved) => {
    const [indices, updates] = saved as [Tensor, Tensor];
    const dy = dys as Tensor;
    return {
      tensor: () => tensorScatterUpdate(dy, indices, zeros(updates.shape)),
      indices: () => zeros(indices.shape),
      updates: () => updatesGradient(dy, indices),
    };
  },
};

const sparseToDenseGradient: GradConfig = {
  kernelName: 'SparseToDense',
  inputsToSave: ['sparseIndices', 'sparseValues', 'defaultValue'],
  gradFunc: (dys, saved) => {
    const [given, values, otherwise] = saved as [Tensor, Tensor, Tensor];
    const dy = dys as Tensor;
    const indices = (): Tensor => (given.rank < 2 ? reshape(given, [-1, 1]) : given);
    const ofUpdates = (): Tensor => updatesGradient(dy, indices());
    return {
      sparseIndices: () => zeros(given.shape),
      sparseValues: () => (values.rank === 0 ? sum(ofUpdates()) : ofUpdates()),
      defaultValue: () => reshape(sub(sum(dy), sum(ofUpdates())), otherwise.shape),
    };
  },
};

/** The pixels of an image by where they go in a turned one: the kernel turns their numbers, counted from 1. */
const rotateGradient: GradConfig = {
  kernelName: 'RotateWithOffset',
  gradFunc: (dys, _saved, attrs) => {
    const dy = dys as Tensor;
    const [batch, height, width, channels] = dy.shape as [number, number, number, number];
    return {
      image: () => {
        const pixels = height * width;
        const numbers = reshape(range(1, pixels + 1), [1, height, width, 1]);
        const turned = engine().runKernel('RotateWithOffset', { image: numbers }, {
          ...(attrs as object),
          fillValue: 0,
        } as NamedAttrMap) as Tensor;
        const ids = cast(sub(reshape(turned, [pixels]), 1), 'int32') as Tensor1D;
        const images = Array.from({ length: batch }, (_, b) => {
          const image = slice(dy, [b, 0, 0, 0], [1, height, width, channels]);
          return reshape(unsortedSegmentSum(reshape(image, [pixels, channels]), ids, pixels), image.shape);
        });
        return batch === 0 ? zeros(dy.shape) : concat(images, 0);
      },
    };
  },
};

export const adjointGradients: readonly GradConfig[] = [
  castGradient,
  mirrorPadGradient,
  splitGradient,
  unpackGradient,
  selectGradient,
  segmentGradient,
  sparseSegments('SparseSegmentSum'),
  sparseSegments('SparseSegmentMean'),
  diagGradient,
  flipGradient,
  scatterUpdateGradient,
  sparseToDenseGradient,
  rotateGradient,
];
