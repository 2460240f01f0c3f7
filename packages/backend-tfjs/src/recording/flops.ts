import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { list } from './graph.ts';
import type { Inputs } from './engine.ts';

type Shaped = Pick<Tensor, 'shape' | 'size'>;
type Rule = (inputs: Readonly<Record<string, Shaped>>, output: Shaped, attrs: NamedAttrMap) => number;

const product: Rule = ({ a }, output, { transposeA }) => output.size * a!.shape.at(transposeA ? -2 : -1)!;
const last = ({ shape }: Shaped): number => shape.at(-1)!;
const places = ({ shape }: Shaped): number => shape[0]! * shape[1]!;

/** Multiplications of kernels that are sums of products. */
const multiplications: Readonly<Record<string, Rule>> = {
  BatchMatMul: product,
  _FusedMatMul: product,
  Conv2D: ({ filter }, output) => output.size * (filter!.size / last(filter!)),
  FusedConv2D: ({ filter }, output) => output.size * (filter!.size / last(filter!)),
  Conv2DBackpropInput: ({ dy, filter }) => dy!.size * (filter!.size / last(filter!)),
  Conv2DBackpropFilter: ({ dy }, output) => dy!.size * (output.size / last(output)),
  Conv3D: ({ filter }, output) => output.size * (filter!.size / last(filter!)),
  Conv3DBackpropInputV2: ({ dy, filter }) => dy!.size * (filter!.size / last(filter!)),
  Conv3DBackpropFilterV2: ({ dy }, output) => dy!.size * (output.size / last(output)),
  DepthwiseConv2dNative: ({ filter }, output) => output.size * places(filter!),
  FusedDepthwiseConv2D: ({ filter }, output) => output.size * places(filter!),
  DepthwiseConv2dNativeBackpropInput: ({ dy, filter }) => dy!.size * places(filter!),
  DepthwiseConv2dNativeBackpropFilter: ({ dy }, output) => dy!.size * places(output),
};

/** What a kernel had to do, a multiplication and an addition being two: 0 for all but matrix products and convolutions. */
export function flopsOf(
  name: string,
  inputs: Inputs<Tensor>,
  output: Tensor | Tensor[],
  attrs: NamedAttrMap = {},
): number {
  if (!Object.hasOwn(multiplications, name)) return 0;
  const named = Array.isArray(inputs)
    ? Object.fromEntries(list(inputs as Inputs<Tensor>).map((input, i) => [String(i), input!]))
    : (inputs as Readonly<Record<string, Tensor>>);
  return 2 * multiplications[name]!(named, Array.isArray(output) ? output[0]! : output, attrs);
}
