import { type GradConfig, registerGradient } from '@tensorflow/tfjs-core';
import { convolutionGradients } from './convolution.ts';
import { cumulativeGradients } from './cumulative.ts';
import { einsumGradient } from './einsum.ts';
import { elementwiseGradients } from './elementwise.ts';
import { indexingGradients } from './indexing.ts';
import { matMulGradient } from './matmul.ts';

const gradients: readonly GradConfig[] = [
  matMulGradient,
  einsumGradient,
  ...elementwiseGradients,
  ...cumulativeGradients,
  ...indexingGradients,
  ...convolutionGradients,
];

/** Puts right gradients in the place of tfjs's wrong ones, and adds missing ones, on every backend. Idempotent. */
export function registerGradients(): void {
  for (const gradient of gradients) registerGradient(gradient);
}
