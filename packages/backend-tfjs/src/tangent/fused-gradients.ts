import { getGradient, matMul, reshape, sum, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';

/** The gradients of a kernel in its inputs, by name, each to be called for it. */
export type Gradients = Readonly<Record<string, (() => Tensor) | undefined>>;

type Gradient = (
  dy: Tensor,
  inputs: Readonly<Record<string, Tensor>>,
  output: Tensor,
  attrs: NamedAttrMap,
) => Gradients;

/** x (+ bias), without an activation: the gradients of x's kernel, and a sum for the bias. */
const withBias =
  (kernel: string): Gradient =>
  (dy, inputs, output, attrs) => {
    const { inputsToSave = [], gradFunc } = getGradient(kernel)!;
    const y = reshape(dy, output.shape);
    const saved = inputsToSave.map((name) => inputs[name]!);
    return { ...(gradFunc(y, saved, attrs) as Gradients), bias: bias(y, inputs['bias']) };
  };

/** dy summed to the shape of a bias, whose last axis is dy's. */
const bias = (dy: Tensor, of: Tensor | undefined) => (): Tensor =>
  reshape(sum(reshape(dy, [-1, of!.size]), 0), of!.shape);

const fusedMatMul: Gradient = (dy, { a, b, bias: offset }, output, { transposeA, transposeB }) => {
  const y = reshape(dy, output.shape);
  const product = (x: Tensor, z: Tensor, tx: boolean, tz: boolean): Tensor => matMul(x, z, tx, tz);
  return {
    a: () => (transposeA ? product(b!, y, !!transposeB, true) : product(y, b!, false, !transposeB)),
    b: () => (transposeB ? product(y, a!, true, !!transposeA) : product(a!, y, !transposeA, false)),
    bias: bias(y, offset),
  };
};

/** tfjs makes the gradients of these as a whole, in its operations; only without activation do they come here. */
export const fusedGradients: Readonly<Record<string, Gradient>> = {
  _FusedMatMul: fusedMatMul,
  FusedConv2D: withBias('Conv2D'),
  FusedDepthwiseConv2D: withBias('DepthwiseConv2dNative'),
};
