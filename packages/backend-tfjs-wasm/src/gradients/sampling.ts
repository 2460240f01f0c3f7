// Transform and CropAndResize: each pixel of the result is a mixture of pixels of the image. For given places that is linear in the image,
// and the gradient is its adjoint. The places themselves (transforms, boxes) are given none, as in TensorFlow's Transform.
import {
  add,
  cast,
  engine,
  getBackend,
  type GradConfig,
  mul,
  type NamedAttrMap,
  range,
  reshape,
  sub,
  tensor1d,
  tensor2d,
  type Tensor,
  type Tensor1D,
  unsortedSegmentSum,
  util,
  zeros,
} from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { type Place, transformPlaces } from '../places.ts';

/** tfjs's wasm kernel of CropAndResize computes places in float32, the one of its cpu backend in float64. */
const rounding = (): ((x: number) => number) => (getBackend() === 'wasm' ? Math.fround : (x) => x);

/** The adjoint of the choice of pixels that the kernel itself makes: it chooses among their numbers, counted from 1. */
function ofNearest(dy: Tensor, shape: readonly number[], choose: (numbers: Tensor) => Tensor): Tensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const pixels = batch * height * width;
  const chosen = choose(reshape(range(1, pixels + 1), [batch, height, width, 1]));
  const ids = cast(sub(reshape(chosen, [-1]), 1), 'int32') as Tensor1D;
  return reshape(unsortedSegmentSum(reshape(dy, [-1, channels]), ids, pixels), [...shape]);
}

/** The adjoint of bilinear interpolation at a place for each pixel of dy. */
function ofBilinear(dy: Tensor, shape: readonly number[], places: readonly Place[]): Tensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const rows = reshape(dy, [-1, channels]);
  const corners = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const;
  const parts = corners.map(([down, right]) => {
    const ids = new Int32Array(places.length).fill(-1);
    const weights = new Float32Array(places.length);
    places.forEach((place, i) => {
      if (!place) return;
      const [image, y, x] = place;
      const [row, column] = [Math.floor(y) + down, Math.floor(x) + right];
      if (row < 0 || row >= height || column < 0 || column >= width) return;
      ids[i] = (image * height + row) * width + column;
      weights[i] = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column));
    });
    const weighted = mul(rows, tensor2d(weights, [places.length, 1]));
    return unsortedSegmentSum(weighted, tensor1d(ids, 'int32'), batch * height * width);
  });
  return reshape(
    parts.reduce((sum, part) => add(sum, part)),
    [...shape],
  );
}

interface TransformAttributes {
  readonly interpolation: 'nearest' | 'bilinear';
  readonly fillMode: string;
  readonly outputShape?: readonly [number, number] | null;
}

const transformGradient: GradConfig = {
  kernelName: 'Transform',
  inputsToSave: ['image', 'transforms'],
  gradFunc: (dys, saved, attrs) => {
    const [image, transforms] = saved as [Tensor, Tensor];
    const [dy, how] = [dys as Tensor, attrs as unknown as TransformAttributes];
    return {
      image: () => {
        if (how.interpolation === 'bilinear')
          return ofBilinear(
            dy,
            image.shape,
            transformPlaces(image.shape, dy.shape.slice(1, 3), transforms.dataSync(), how.fillMode),
          );
        return ofNearest(dy, image.shape, (numbers) =>
          engine().runKernel('Transform', { image: numbers, transforms }, {
            ...(attrs as object),
            fillValue: 0,
          } as NamedAttrMap),
        );
      },
      transforms: () => noGradient('Transform', 'transforms'),
    };
  },
};

/** The places of one side of a box in pixels, or that they are outside. */
function side(from: number, to: number, count: number, length: number): (number | undefined)[] {
  const round = rounding();
  const scale = count > 1 ? round(round(round(to - from) * (length - 1)) / (count - 1)) : 0;
  return Array.from({ length: count }, (_, i) => {
    const at =
      count > 1
        ? round(round(from * (length - 1)) + round(i * scale))
        : round(round(0.5 * round(from + to)) * (length - 1));
    return at < 0 || at > length - 1 ? undefined : at;
  });
}

function cropPlaces(
  [, height, width]: readonly number[],
  size: readonly number[],
  boxes: Tensor,
  boxInd: Tensor,
): Place[] {
  const [corners, images] = [boxes.dataSync(), boxInd.dataSync()];
  return Array.from(images).flatMap((image, box) => {
    const [y1, x1, y2, x2] = corners.subarray(4 * box, 4 * box + 4) as unknown as [number, number, number, number];
    const columns = side(x1, x2, size[1]!, width!);
    return side(y1, y2, size[0]!, height!).flatMap((y) =>
      columns.map((x): Place => (y === undefined || x === undefined ? undefined : [image, y, x])),
    );
  });
}

const cropGradient: GradConfig = {
  kernelName: 'CropAndResize',
  inputsToSave: ['image', 'boxes', 'boxInd'],
  gradFunc: (dys, saved, attrs) => {
    const [image, boxes, boxInd] = saved as [Tensor, Tensor, Tensor];
    const dy = dys as Tensor;
    const { method } = attrs as unknown as { method: 'bilinear' | 'nearest' };
    return {
      image: () => {
        if (util.sizeFromShape(dy.shape) === 0) return zeros(image.shape);
        if (method === 'bilinear')
          return ofBilinear(dy, image.shape, cropPlaces(image.shape, dy.shape.slice(1, 3), boxes, boxInd));
        return ofNearest(dy, image.shape, (numbers) =>
          engine().runKernel('CropAndResize', { image: numbers, boxes, boxInd }, {
            ...(attrs as object),
            extrapolationValue: 0,
          } as NamedAttrMap),
        );
      },
      boxes: () => noGradient('CropAndResize', 'boxes'),
      boxInd: () => zeros(boxInd.shape),
    };
  },
};

function noGradient(kernelName: string, input: string): never {
  throw new WasmError('NO_GRADIENT', `${kernelName} has a gradient in the image, and none in ${input}.`);
}

export const samplingGradients: readonly GradConfig[] = [transformGradient, cropGradient];
