import { engine, type GradConfig, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { sumToShape } from './sum-to-shape.ts';

const run = (kernel: string, inputs: NamedTensorMap): Tensor[] =>
  [engine().runKernel(kernel, inputs)].flat() as Tensor[];

const activation = (kernelName: string): GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => ({ x: () => run(`${kernelName}Gradient`, { dy: dy as Tensor, x: saved[0]! })[0]! }),
});

const layerNormGradient: GradConfig = {
  kernelName: 'OverparamLayerNorm',
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => {
    const [x, scale, statistics] = saved as [Tensor, Tensor, Tensor];
    const [dy] = dys as [Tensor];
    const of = (i: number) => (): Tensor => run('OverparamLayerNormGradient', { x, scale, statistics, dy })[i]!;
    return { x: of(0), scale: of(1), offset: () => sumToShape(dy, scale.shape) };
  },
};

/** Linear in x, with a diagonal matrix: the gradient is the kernel itself. */
const dropoutGradient: GradConfig = {
  kernelName: 'OverparamDropout',
  gradFunc: (dy, _saved, attributes) => ({
    x: () => engine().runKernel('OverparamDropout', { x: dy as Tensor }, attributes),
  }),
};

/** Of the kernels that this package adds; of the activations and layer normalisation once, not the gradient of the gradient. */
export const fusedGradients: readonly GradConfig[] = [
  activation('OverparamGelu'),
  activation('OverparamSilu'),
  layerNormGradient,
  dropoutGradient,
];
