import {
  backend_util,
  cast,
  cumprod,
  div,
  equal,
  type GradConfig,
  mul,
  reshape,
  sign,
  sum,
  type Tensor,
  transpose,
  util,
} from '@tensorflow/tfjs-core';

interface Attributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
}

const axesOf = ({ axis, reductionIndices }: Attributes, shape: number[]): number[] =>
  util.parseAxisParam((axis ?? reductionIndices)!, shape).sort((a, b) => a - b);

/**
 * Max and Min: numbers that are equally extreme share the gradient equally, as in TensorFlow, so that what goes back is what came in.
 * In tfjs-core each of them gets all of it.
 */
const extremum = (kernelName: 'Max' | 'Min'): GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [x, y] = saved as [Tensor, Tensor];
    return {
      x: () => {
        const axes = axesOf(attrs as Attributes, x.shape);
        const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
        const chosen = cast(equal(x, reshape(y, kept)), 'float32');
        return mul(chosen, div(reshape(dy as Tensor, kept), sum(chosen, axes, true)));
      },
    };
  },
});

/** dy sign(x), 0 where x is 0; in tfjs-core -dy. */
const absGradient: GradConfig = {
  kernelName: 'Abs',
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => ({ x: () => mul(dy as Tensor, sign(cast(saved[0]!, 'float32'))) }),
};

/** dy times the product of the others: no division, so zeros in x do no harm. tfjs-core fails for negative axes. */
const productGradient: GradConfig = {
  kernelName: 'Prod',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [Tensor];
    return {
      x: () => {
        const axes = axesOf(attrs as Attributes, x.shape);
        const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
        const perm = [...kept, ...axes];
        const turned = transpose(x, perm);
        const outer = kept.map((axis) => x.shape[axis]!);
        const rows = reshape(cast(turned, 'float32'), [
          ...outer,
          util.sizeFromShape(axes.map((axis) => x.shape[axis]!)),
        ]);
        const others = mul(cumprod(rows, -1, true), cumprod(rows, -1, true, true));
        const product = mul(reshape(dy as Tensor, [...outer, 1]), others);
        return transpose(reshape(product, turned.shape), backend_util.getUndoAxesPermutation(perm));
      },
    };
  },
};

/** Max, Min, Abs and Prod. */
export const extremaGradients: readonly GradConfig[] = [extremum('Max'), extremum('Min'), absGradient, productGradient];
