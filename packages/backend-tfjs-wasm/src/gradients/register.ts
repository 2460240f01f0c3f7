import { type GradConfig, registerGradient } from '@tensorflow/tfjs-core';
import { adjointGradients } from './adjoints.ts';
import { batchNormGradient } from './batch-norm.ts';
import { convolutionGradients } from './convolution.ts';
import { cumulativeGradients } from './cumulative.ts';
import { einsumGradient } from './einsum.ts';
import { elementwiseGradients } from './elementwise.ts';
import { extremaGradients } from './extrema.ts';
import { fusedGradients } from './fused.ts';
import { indexingGradients } from './indexing.ts';
import { matMulGradient } from './matmul.ts';
import { piecewiseConstantGradients } from './piecewise-constant.ts';
import { poolingGradients } from './pooling.ts';
import { reductionGradients } from './reduction.ts';
import { resizeGradients } from './resize.ts';
import { samplingGradients } from './sampling.ts';
import { savedOutputGradients } from './saved-outputs.ts';
import { softmaxGradientGradient } from './softmax.ts';
import { tileGradient } from './tile.ts';

const gradients: readonly GradConfig[] = [
  matMulGradient,
  tileGradient,
  batchNormGradient,
  ...piecewiseConstantGradients,
  einsumGradient,
  ...reductionGradients,
  softmaxGradientGradient,
  ...savedOutputGradients,
  ...fusedGradients,
  ...elementwiseGradients,
  ...cumulativeGradients,
  ...indexingGradients,
  ...convolutionGradients,
  ...adjointGradients,
  ...extremaGradients,
  ...poolingGradients,
  ...resizeGradients,
  ...samplingGradients,
];

/** Replaces tfjs's wrong gradients by right ones and slow ones by fast ones, and adds missing ones, on every backend. Idempotent. */
export function registerGradients(): void {
  for (const gradient of gradients) registerGradient(gradient);
}
