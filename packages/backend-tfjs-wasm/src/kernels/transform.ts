import { type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { transformPlaces } from '../places.ts';
import { type KernelHost } from './host.ts';
import { allInJavaScript, valuesOf } from './values.ts';

interface Attributes {
  readonly interpolation: 'nearest' | 'bilinear';
  readonly fillMode: string;
  readonly fillValue: number;
  readonly outputShape?: readonly [height: number, width: number] | null;
}

/** Transform, images by projective transforms. tfjs's own kernel is wrong where it reflects what lies before an image. */
export function transformKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  return allInJavaScript(host, {
    Transform: ({ inputs, attrs }) => {
      const { image, transforms } = inputs as unknown as Record<'image' | 'transforms', TensorInfo>;
      const { interpolation, fillMode, fillValue, outputShape } = attrs as unknown as Attributes;
      if (image.dtype !== 'float32' || transforms.dtype !== 'float32')
        throw new WasmError('BAD_DTYPE', `Transform of ${image.dtype} by ${transforms.dtype}: it takes float32.`);
      const [batch, height, width, channels] = image.shape as [number, number, number, number];
      const size = outputShape ?? [height, width];
      return host.make([batch, ...size, channels], 'float32', (out) => {
        const [from, to] = [valuesOf(host, image), valuesOf(host, out)];
        const places = transformPlaces(image.shape, size, valuesOf(host, transforms), fillMode);
        const pixel = (b: number, y: number, x: number, c: number): number =>
          y >= 0 && y < height && x >= 0 && x < width
            ? from[((b * height + y) * width + x) * channels + c]!
            : fillValue;
        places.forEach((place, i) => {
          for (let c = 0; c < channels; c++) {
            let value = fillValue;
            if (place && interpolation === 'nearest')
              value = pixel(place[0], Math.round(place[1]), Math.round(place[2]), c);
            else if (place) {
              const [b, y, x] = place;
              const [top, left] = [Math.floor(y), Math.floor(x)];
              const row = (y: number): number =>
                (left + 1 - x) * pixel(b, y, left, c) + (x - left) * pixel(b, y, left + 1, c);
              value = (top + 1 - y) * row(top) + (y - top) * row(top + 1);
            }
            to[i * channels + c] = value;
          }
        });
      });
    },
  });
}
