import {
  engine,
  getBackend,
  getKernel,
  type GradConfig,
  type NamedAttrMap,
  pad,
  reshape,
  slice,
  stridedSlice,
  type Tensor,
} from '@tensorflow/tfjs-core';

type Attributes = Readonly<Record<string, unknown>>;

/** A kernel of tfjs, called with all attributes of the forward kernel. */
const run = (kernel: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
  engine().runKernel(kernel, inputs, attrs as NamedAttrMap);

/** Whether the kernels are ours, which dilate. */
const ours = (): boolean => getKernel('OverparamDots', getBackend()) != null;

/** The three kernels of a convolution, which is linear in each of two tensors. */
interface Family {
  readonly forward: string;
  readonly filterGradient: string;
  readonly inputGradient: string;
}

const twoDimensional: Family = {
  forward: 'Conv2D',
  filterGradient: 'Conv2DBackpropFilter',
  inputGradient: 'Conv2DBackpropInput',
};
const threeDimensional: Family = {
  forward: 'Conv3D',
  filterGradient: 'Conv3DBackpropFilterV2',
  inputGradient: 'Conv3DBackpropInputV2',
};
const depthwise: Family = {
  forward: 'DepthwiseConv2dNative',
  filterGradient: 'DepthwiseConv2dNativeBackpropFilter',
  inputGradient: 'DepthwiseConv2dNativeBackpropInput',
};

/**
 * The convolution itself, with dilations, which tfjs-core refuses. Our kernels take them; on other backends those of pictures are
 * written into the filter as zeros.
 */
function dilatable({ forward, filterGradient, inputGradient }: Family): GradConfig {
  return {
    kernelName: forward,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter, y] = [...saved, dy] as [Tensor, Tensor, Tensor];
      const given = (attrs as unknown as { dilations?: number | number[] | null }).dilations ?? 1;
      const dilations = typeof given === 'number' ? x.shape.slice(2).map(() => given) : given;
      const toInput = { ...attrs, inputShape: x.shape };
      if (dilations.every((d) => d === 1) || ours())
        return {
          x: () => run(inputGradient, { dy: y, filter }, { ...toInput, dilations }),
          filter: () => run(filterGradient, { x, dy: y }, { ...attrs, dilations, filterShape: filter.shape }),
        };
      const plain = { ...attrs, dilations: 1 };
      return {
        x: () => run(inputGradient, { dy: y, filter: dilate(filter, dilations) }, { ...toInput, ...plain }),
        filter: () => {
          const filterShape = dilatedShape(filter.shape, dilations);
          const wide = run(filterGradient, { x, dy: y }, { ...plain, filterShape });
          const rest = filterShape.slice(dilations.length).map(() => 1);
          return stridedSlice(wide, filterShape.map(() => 0), filterShape, [...dilations, ...rest]); // prettier-ignore
        },
      };
    },
  };
}

/** The gradients of a convolution are convolutions again, in what they are linear in. */
const second = ({ forward, filterGradient, inputGradient }: Family): readonly GradConfig[] => [
  {
    kernelName: inputGradient,
    inputsToSave: ['dy', 'filter'],
    gradFunc: (upstream, saved, attrs) => {
      const [dy, filter, x] = [...saved, upstream] as [Tensor, Tensor, Tensor];
      const given = attrs as Attributes;
      const y = (): Tensor => run(forward, { x, filter }, { ...given, dilations: given['dilations'] ?? 1 });
      return {
        dy: () => padTo(y(), dy.shape),
        filter: () => run(filterGradient, { x, dy: sliceTo(dy, y().shape) }, { ...given, filterShape: filter.shape }),
      };
    },
  },
  {
    kernelName: filterGradient,
    inputsToSave: ['x', 'dy'],
    gradFunc: (upstream, saved, attrs) => {
      const [x, dy, filter] = [...saved, upstream] as [Tensor, Tensor, Tensor];
      const given = attrs as Attributes;
      return {
        x: () => run(inputGradient, { dy, filter }, { ...given, inputShape: x.shape }),
        dy: () => run(forward, { x, filter }, { ...given, dilations: given['dilations'] ?? 1 }),
      };
    },
  },
];

/** A transposed convolution may ask for less than dy can give: the rest of dy has no part in it. */
const sliceTo = (x: Tensor, shape: readonly number[]): Tensor =>
  shape.every((size, axis) => size === x.shape[axis])
    ? x
    : slice(
        x,
        shape.map(() => 0),
        [...shape],
      );

const padTo = (x: Tensor, shape: readonly number[]): Tensor =>
  x.shape.every((size, axis) => size === shape[axis])
    ? x
    : pad(
        x,
        x.shape.map((size, axis) => [0, shape[axis]! - size]),
      );

function dilatedShape(shape: readonly number[], dilations: readonly number[]): number[] {
  return shape.map((size, axis) => (axis < dilations.length ? (size - 1) * dilations[axis]! + 1 : size));
}

/** The filter with zeros between its taps. */
function dilate(filter: Tensor, dilations: readonly number[]): Tensor {
  const taps = dilations.length;
  const [sizes, rest] = [filter.shape.slice(0, taps), filter.shape.slice(taps)];
  const inner = rest.reduce((product, size) => product * size, 1);
  const spaced = pad(reshape(filter, [...sizes.flatMap((size) => [size, 1]), inner]), [
    ...dilations.flatMap((d): [number, number][] => [
      [0, 0],
      [0, d - 1],
    ]),
    [0, 0],
  ]);
  const wide = reshape(spaced, [...sizes.map((size, i) => size * dilations[i]!), ...rest]);
  return slice(wide, wide.shape.map(() => 0), dilatedShape(filter.shape, dilations)); // prettier-ignore
}

/** Convolutions, transposed and depthwise ones, of pictures and volumes, to any order. */
export const convolutionGradients: readonly GradConfig[] = [
  dilatable(twoDimensional),
  dilatable(threeDimensional),
  dilatable(depthwise),
  ...second(twoDimensional),
  ...second(threeDimensional),
  ...second(depthwise),
];
