import {
  engine,
  getBackend,
  getKernel,
  type GradConfig,
  matMul,
  type NamedAttrMap,
  reshape,
  type Tensor,
  tensor2d,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import { mixtures, type Resizing } from '../interpolation.ts';

type Method = 'bilinear' | 'nearest';

/** The matrix [to, from] by which an axis is interpolated. */
function matrix(method: Method, from: number, to: number, how: Resizing): Tensor {
  const values = new Float32Array(to * from);
  mixtures(method, from, to, how).forEach(({ first, second, weight }, j) => {
    values[j * from + first]! += 1 - weight;
    values[j * from + second]! += weight;
  });
  return tensor2d(values, [to, from]);
}

/** The adjoint by two products, for backends whose kernels do not know the centres of pixels. */
function byProducts(method: Method, dy: Tensor, shape: readonly number[], how: Resizing): Tensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const [, tall, wide] = dy.shape as [number, number, number, number];
  const rows = matMul(matrix(method, height, tall, how), reshape(dy, [batch, tall, wide * channels]), true);
  const turned = transpose(reshape(rows, [batch * height, wide, channels]), [0, 2, 1]);
  const columns = matMul(reshape(turned, [-1, wide]), matrix(method, width, wide, how));
  return reshape(transpose(reshape(columns, [batch * height, channels, width]), [0, 2, 1]), [...shape]);
}

/** Resizing is linear: its gradient and the gradient of that are each other's adjoints. */
const resize = (method: Method, forward: string, backward: string): readonly GradConfig[] => [
  {
    kernelName: forward,
    inputsToSave: ['images'],
    gradFunc: (dys, saved, attrs) => {
      const [images, dy, how] = [saved[0]!, dys as Tensor, attrs as unknown as Resizing];
      return {
        images: () =>
          how.halfPixelCenters && !getKernel('OverparamDots', getBackend())
            ? byProducts(method, dy, images.shape, how)
            : engine().runKernel(backward, { dy, images }, attrs as NamedAttrMap),
      };
    },
  },
  {
    kernelName: backward,
    inputsToSave: ['images', 'dy'],
    gradFunc: (ddx, saved, attrs) => {
      const [images, dy] = saved as [Tensor, Tensor];
      const size = dy.shape.slice(1, 3);
      return {
        dy: () => engine().runKernel(forward, { images: ddx as Tensor }, { ...attrs, size } as NamedAttrMap),
        images: () => zeros(images.shape),
      };
    },
  },
];

/** ResizeBilinear, ResizeNearestNeighbor and their gradients. */
export const resizeGradients: readonly GradConfig[] = [
  ...resize('bilinear', 'ResizeBilinear', 'ResizeBilinearGrad'),
  ...resize('nearest', 'ResizeNearestNeighbor', 'ResizeNearestNeighborGrad'),
];
