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

/** A gradient kernel of tfjs, called with everything that the forward kernel was told. */
const run = (kernel: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
  engine().runKernel(kernel, inputs, attrs as NamedAttrMap);

/**
 * Conv2D and DepthwiseConv2dNative with dilations, which tfjs-core refuses. Our kernels take them; on other backends the
 * dilation is written into the filter as zeros.
 */
function dilatable(kernelName: string, filterKernel: string, inputKernel: string): GradConfig {
  return {
    kernelName,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) => {
      const [x, filter, y] = [...saved, dy] as [Tensor, Tensor, Tensor];
      const given = (attrs as unknown as { dilations?: number | [number, number] | null }).dilations ?? 1;
      const dilations: readonly [number, number] = typeof given === 'number' ? [given, given] : given;
      const toInput = { ...attrs, inputShape: x.shape };
      if (dilations.every((d) => d === 1) || getKernel('OverparamDots', getBackend()))
        return {
          x: () => run(inputKernel, { dy: y, filter }, { ...toInput, dilations }),
          filter: () => run(filterKernel, { x, dy: y }, { ...attrs, dilations, filterShape: filter.shape }),
        };
      const plain = { ...attrs, dilations: 1 };
      return {
        x: () => run(inputKernel, { dy: y, filter: dilate(filter, dilations) }, { ...toInput, ...plain }),
        filter: () => {
          const filterShape = dilatedShape(filter.shape, dilations);
          const wide = run(filterKernel, { x, dy: y }, { ...plain, filterShape });
          return stridedSlice(wide, [0, 0, 0, 0], filterShape, [...dilations, 1, 1]);
        },
      };
    },
  };
}

function dilatedShape([h, w, ...rest]: readonly number[], [dh, dw]: readonly [number, number]): number[] {
  return [(h! - 1) * dh + 1, (w! - 1) * dw + 1, ...rest];
}

/** The filter with zeros between its taps. */
function dilate(filter: Tensor, [dh, dw]: readonly [number, number]): Tensor {
  const [h, w, c, n] = filter.shape as [number, number, number, number];
  const spaced = pad(reshape(filter, [h, 1, w, 1, c * n]), [
    [0, 0],
    [0, dh - 1],
    [0, 0],
    [0, dw - 1],
    [0, 0],
  ]);
  return slice(reshape(spaced, [h * dh, w * dw, c, n]), [0, 0, 0, 0], dilatedShape(filter.shape, [dh, dw]));
}

export const convolutionGradients: readonly GradConfig[] = [
  dilatable('Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput'),
  dilatable(
    ...([
      'DepthwiseConv2dNative',
      'DepthwiseConv2dNativeBackpropFilter',
      'DepthwiseConv2dNativeBackpropInput',
    ] as const),
  ),
];
