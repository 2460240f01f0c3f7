import {
  engine,
  gather,
  getBackend,
  getKernel,
  type GradConfig,
  maxPoolWithArgmax,
  type NamedAttrMap,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  unsortedSegmentSum,
  zeros,
} from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';

const run = (kernelName: string, inputs: Record<string, Tensor>, attrs: unknown): Tensor =>
  engine().runKernel(kernelName, inputs, attrs as NamedAttrMap);

/** The mean is linear: its gradient and the gradient of that are each other's adjoints. */
const average = (forward: string, backward: string): readonly GradConfig[] => [
  {
    kernelName: forward,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attrs) => ({ x: () => run(backward, { dy: dy as Tensor, input: saved[0]! }, attrs) }),
  },
  {
    kernelName: backward,
    inputsToSave: ['input'],
    gradFunc: (ddx, saved, attrs) => ({
      dy: () => run(forward, { x: ddx as Tensor }, attrs),
      input: () => zeros(saved[0]!.shape),
    }),
  },
];

/** Max pooling chooses places in x; for given places it is linear. */
const maximum = (forward: string, backward: string): readonly GradConfig[] => [
  {
    kernelName: forward,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [input, output] = saved as [Tensor, Tensor];
      return { x: () => run(backward, { dy: dy as Tensor, input, output }, attrs) };
    },
  },
  {
    kernelName: backward,
    inputsToSave: ['input', 'output'],
    gradFunc: (ddx, saved, attrs) => {
      const [input, output] = saved as [Tensor, Tensor];
      return {
        dy: () => chosen(input, ddx as Tensor, attrs),
        input: () => zeros(input.shape),
        output: () => zeros(output.shape),
      };
    },
  },
];

/** Of `other` what lies where x is the greatest under the window. */
function chosen(x: Tensor, other: Tensor, attrs: unknown): Tensor {
  if (getKernel('OverparamMaxPoolPick', getBackend())) return run('OverparamMaxPoolPick', { x, other }, attrs);
  if (x.rank !== 4)
    throw new WasmError('NO_GRADIENT', 'The second derivative of maxPool3d needs the wasm backend: call useWasm().');
  const { filterSize, strides, pad } = attrs as Record<'filterSize' | 'strides', [number, number]> & { pad: 'same' };
  const { indexes } = maxPoolWithArgmax(x as Tensor4D, filterSize, strides, pad, true) as Record<string, Tensor>;
  return reshape(gather(reshape(other, [-1]), reshape(indexes!, [-1]) as Tensor1D), indexes!.shape);
}

/** The values of max pooling go back to where they were; the places have no derivative. */
const withPlaces: GradConfig = {
  kernelName: 'MaxPoolWithArgmax',
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved, attrs) => {
    const [x, places] = saved as [Tensor, Tensor];
    const [dy] = dys as Tensor[];
    const { includeBatchInIndex } = attrs as unknown as { includeBatchInIndex: boolean };
    return {
      x: () => {
        if (!includeBatchInIndex) return run('MaxPoolGrad', { dy: dy!, input: x, output: dy! }, attrs);
        const sums = unsortedSegmentSum(reshape(dy!, [-1]), reshape(places, [-1]) as Tensor1D, x.size);
        return reshape(sums, x.shape);
      },
    };
  },
};

/** AvgPool, MaxPool, AvgPool3D, MaxPool3D and their gradients, with every attribute: tfjs-core loses how the output is rounded. */
export const poolingGradients: readonly GradConfig[] = [
  ...average('AvgPool', 'AvgPoolGrad'),
  ...average('AvgPool3D', 'AvgPool3DGrad'),
  ...maximum('MaxPool', 'MaxPoolGrad'),
  ...maximum('MaxPool3D', 'MaxPool3DGrad'),
  withPlaces,
];
