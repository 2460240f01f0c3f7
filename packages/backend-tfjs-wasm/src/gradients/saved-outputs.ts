import {
  elu,
  engine,
  exp,
  type GradConfig,
  greater,
  mul,
  sigmoid,
  softmax,
  square,
  sub,
  tanh,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';
import { throughSoftmax } from './softmax.ts';

/** How many gradients are being taken, one within the other: 1 in f of grad(f), 0 again on the way back. */
const depth = (): number => engine().state.gradientDepth;

/**
 * The gradient of y = f(x) in terms of y. tfjs's tape enters the copy of y that it saves before it enters f, and so takes it for a
 * constant: whatever a second derivative has through y is lost. So a gradient within a gradient saves x as well, and has y from
 * f(x) anew.
 */
function throughOutput(
  kernelName: string,
  f: (x: Tensor) => Tensor,
  derivative: (dy: Tensor, y: Tensor) => Tensor,
  input = 'x',
): GradConfig {
  return {
    kernelName,
    // tfjs looks whenever the kernel runs.
    get inputsToSave() {
      return depth() > 1 ? [input] : [];
    },
    outputsToSave: [true],
    gradFunc: (dy, saved) => ({
      [input]: () => derivative(dy as Tensor, saved.length > 1 ? f(saved[0]!) : saved[0]!),
    }),
  };
}

/** tfjs's kernel for the derivative of elu has none of its own. */
const throughElu = (dy: Tensor, y: Tensor): Tensor =>
  depth() > 0 ? where(greater(y, 0), dy, mul(dy, sub(y, -1))) : engine().runKernel('EluGrad', { dy, y });

/** Every kernel of which tfjs saves the output, but for those that only compare with it, and Pow. */
export const savedOutputGradients: readonly GradConfig[] = [
  throughOutput('Exp', exp, mul),
  throughOutput('Sigmoid', sigmoid, (dy, y) => mul(dy, mul(y, sub(1, y)))),
  throughOutput('Tanh', tanh, (dy, y) => mul(sub(1, square(y)), dy)),
  throughOutput('Elu', elu, throughElu),
  throughOutput('Softmax', softmax, (dy, y) => throughSoftmax(y, dy), 'logits'),
];
