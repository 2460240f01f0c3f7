import { backend_util, mul, reshape, sum, type Tensor } from '@tensorflow/tfjs-core';
import { patches, type Window } from './patches.ts';
import type { SiteContext, SiteRule } from './site.ts';

type Attributes = Readonly<Record<string, unknown>>;

const attributes = ({ graph, node }: SiteContext): Attributes => (graph.steps[node.step]!.attrs ?? {}) as Attributes;

type Padding = Parameters<typeof backend_util.computeConv2DInfo>[4];
type Quad = [number, number, number, number];

/** The window of a convolution over images of shape [N, height, width, channels]. */
function window2d(image: number[], filter: number[], attrs: Attributes, depthwise: boolean): Window | undefined {
  if ((attrs['dataFormat'] ?? 'NHWC') !== 'NHWC') return undefined;
  const info = backend_util.computeConv2DInfo(
    image as Quad,
    filter as Quad,
    attrs['strides'] as [number, number],
    (attrs['dilations'] as [number, number] | undefined) ?? 1,
    attrs['pad'] as Padding,
    attrs['dimRoundingMode'] as 'floor' | undefined,
    depthwise,
  );
  const { top, bottom, left, right } = info.padInfo;
  return {
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [top, left],
    after: [bottom, right],
    places: [info.outHeight, info.outWidth],
  };
}

/** The same over volumes. */
function window3d(volume: number[], filter: number[], attrs: Attributes): Window {
  const info = backend_util.computeConv3DInfo(
    volume as never,
    filter as never,
    attrs['strides'] as [number, number, number],
    (attrs['dilations'] as [number, number, number] | undefined) ?? 1,
    attrs['pad'] as 'same' | 'valid',
  );
  const { front, back, top, bottom, left, right } = info.padInfo;
  return {
    size: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    before: [front, top, left],
    after: [back, bottom, right],
    places: [info.outDepth, info.outHeight, info.outWidth],
  };
}

const count = (lengths: readonly number[]): number => lengths.reduce((product, length) => product * length, 1);

const convolution =
  (windowOf: (x: number[], filter: number[], attrs: Attributes) => Window | undefined): SiteRule =>
  (context) => {
    const { graph, view, samples, sources, input } = context;
    const x = graph.valueOf(sources['x']!);
    const filter = graph.valueOf(sources['filter']!);
    const window = windowOf(x.shape, filter.shape, attributes(context));
    if (input !== 'filter' || view.transposed || !window || x.shape[0] !== samples) return undefined;
    const positions = count(window.places);
    const fanOut = filter.shape.at(-1)!;
    const fanIn = filter.size / fanOut;
    return {
      variable: view.variable,
      positions,
      fanIn,
      fanOut,
      transposed: false,
      input: () => reshape(patches(x, window), [samples * positions, fanIn]),
      constant: 'constant' in sources['x']! ? sources['x'].constant.dataId : undefined,
      sensitivity: (dy) => reshape(dy, [samples * positions, fanOut]),
    };
  };

/** A convolution is a product of patches with the filter as a matrix, at one position for each place. */
export const conv2dSite: SiteRule = convolution((x, filter, attrs) => window2d(x, filter, attrs, false));
export const conv3dSite: SiteRule = convolution(window3d);

/** A transposed convolution, where the patches are those of the sensitivities. */
export const conv2dTransposeSite: SiteRule = (context) => {
  const { graph, node, view, samples, sources, input } = context;
  const x = graph.valueOf(sources['dy']!);
  const filter = graph.valueOf(sources['filter']!);
  const output = graph.valueOf({ step: node.step, output: 0 });
  if (input !== 'filter' || view.transposed || x.shape[0] !== samples) return undefined;
  const window = window2d(output.shape, filter.shape, attributes(context), false);
  if (!window) return undefined;
  const positions = count(window.places);
  const fanIn = filter.shape.at(-1)!;
  const fanOut = filter.size / fanIn;
  return {
    variable: view.variable,
    positions,
    fanIn,
    fanOut,
    transposed: true,
    input: () => reshape(x, [samples * positions, fanIn]),
    constant: 'constant' in sources['dy']! ? sources['dy'].constant.dataId : undefined,
    sensitivity: (dy) => reshape(patches(reshape(dy, output.shape), window), [samples * positions, fanOut]),
  };
};

/** A filter for each channel has few numbers: each sample's gradient is taken as it is. */
export const depthwiseSite: SiteRule = (context) => {
  const { graph, view, samples, sources, input } = context;
  const x = graph.valueOf(sources['x']!);
  const filter = graph.valueOf(sources['filter']!);
  const window = window2d(x.shape, filter.shape, attributes(context), true);
  if (input !== 'filter' || view.transposed || !window || x.shape[0] !== samples) return undefined;
  const positions = count(window.places);
  const [, , channels, multiplier] = filter.shape as Quad;
  return {
    variable: view.variable,
    positions: 1,
    fanIn: 1,
    fanOut: filter.size,
    transposed: false,
    input: undefined,
    constant: undefined,
    sensitivity(dy: Tensor) {
      const seen = reshape(patches(x, window), [samples, positions, -1, channels, 1]);
      const product = mul(seen, reshape(dy, [samples, positions, 1, channels, multiplier]));
      return reshape(sum(product, 1), [samples, filter.size]);
    },
  };
};
