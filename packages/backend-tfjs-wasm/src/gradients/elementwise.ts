import {
  cast,
  div,
  type GradConfig,
  greaterEqual,
  less,
  lessEqual,
  greater,
  mul,
  neg,
  square,
  sub,
  type Tensor,
  zeros,
} from '@tensorflow/tfjs-core';
import { sumToShape } from './sum-to-shape.ts';

/** Two inputs that broadcast: tfjs-core leaves out the sum over the broadcast axes in these. */
function broadcasting(
  kernelName: string,
  derivatives: (dy: Tensor, a: Tensor, b: Tensor) => { readonly a: () => Tensor; readonly b: () => Tensor },
): GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      const d = derivatives(dy as Tensor, a, b);
      return { a: () => sumToShape(d.a(), a.shape), b: () => sumToShape(d.b(), b.shape) };
    },
  };
}

const where = (dy: Tensor, condition: Tensor): Tensor => mul(dy, cast(condition, 'float32'));

/** The floor is piecewise constant. Of whole numbers tf.div is this kernel, and tfjs states the gradient of a division. */
const floorDivision = broadcasting('FloorDiv', (dy, a, b) => {
  if (a.dtype === 'float32') return { a: () => zeros(dy.shape), b: () => zeros(dy.shape) };
  const [x, y] = [(): Tensor => cast(a, 'float32'), (): Tensor => cast(b, 'float32')];
  return { a: () => div(dy, y()), b: () => neg(div(mul(dy, x()), square(y()))) };
});

/** Maximum, Minimum, SquaredDifference and FloorDiv. Where both are equal, a has the gradient, as in TensorFlow. */
export const elementwiseGradients: readonly GradConfig[] = [
  floorDivision,
  broadcasting('Maximum', (dy, a, b) => ({ a: () => where(dy, greaterEqual(a, b)), b: () => where(dy, less(a, b)) })),
  broadcasting('Minimum', (dy, a, b) => ({ a: () => where(dy, lessEqual(a, b)), b: () => where(dy, greater(a, b)) })),
  broadcasting('SquaredDifference', (dy, a, b) => ({
    a: () => mul(dy, mul(2, sub(a, b))),
    b: () => mul(dy, mul(2, sub(b, a))),
  })),
];
