import { conv3d, engine, type GradConfig, type NamedAttrMap, type Tensor, type Tensor5D } from '@tensorflow/tfjs-core';

/** Conv3DBackpropInputV2, the transposed convolution of volumes: linear in dy and in the filter. tfjs-core has no gradient for it. */
export const conv3dTransposeGradient: GradConfig = {
  kernelName: 'Conv3DBackpropInputV2',
  inputsToSave: ['dy', 'filter'],
  gradFunc: (ddx, saved, attributes) => {
    const [dy, filter] = saved as [Tensor5D, Tensor5D];
    const { strides, pad } = attributes as unknown as {
      strides: number | [number, number, number];
      pad: 'valid' | 'same';
    };
    return {
      dy: () => conv3d(ddx as Tensor5D, filter, strides, pad),
      filter: () => {
        const attrs = { strides, pad, filterShape: filter.shape } as unknown as NamedAttrMap;
        return engine().runKernel('Conv3DBackpropFilterV2', { x: ddx as Tensor, dy }, attrs);
      },
    };
  },
};
