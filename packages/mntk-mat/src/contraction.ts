import { matrix, type Matrix } from '@overparam/linear-algebra';
import { random } from './random.ts';

export const contractions = ['full', 'sum', 'trace', 'random', 'loss'] as const;

/**
 * What is taken of the outputs. `full`: all C of each sample, and a kernel of N C x N C. The others give one of N x N:
 * - `sum`: of the sum of a sample's outputs. Softmax is blind to it: prefer another for softmax losses.
 * - `trace`: the sum over outputs k of the kernels of output k.
 * - `random`: of random signs times the outputs, averaged over `projections` draws: its expectation is `trace`.
 * - `loss`: of the loss, each sample's part of it: <dL / d outputs_n, outputs_n>. With g = dL / d outputs, and 1 for
 *   the vector of ones, 1^T Theta 1 = g^T J J^T g is the rate at which gradient flow of the module lowers L.
 */
export type Contraction = (typeof contractions)[number];

/** Weights of the outputs, N x C: the kernel along V has the elements V_n^T (J J^T)_nm V_m. */
export type View = Matrix | 'loss';

/** A kernel is `scale` times the sum of the kernels along `views`; along no view, it is the full one. */
export interface Contracted {
  readonly views: readonly View[];
  readonly scale: number;
}

export interface Shape {
  /** N */
  readonly samples: number;
  /** C */
  readonly outputs: number;
}

export function contracted(
  contraction: Exclude<Contraction, 'full' | 'loss'>,
  { samples: N, outputs: C }: Shape,
  { projections, seed }: { readonly projections: number; readonly seed: number },
): Contracted {
  const filled = (weight: (k: number) => number): Matrix =>
    matrix(
      N,
      C,
      Float64Array.from({ length: N * C }, (_, i) => weight(i % C)),
    );
  switch (contraction) {
    case 'sum':
      return { views: [filled(() => 1)], scale: 1 };
    case 'trace':
      return { views: Array.from({ length: C }, (_, j) => filled((k) => Number(k === j))), scale: 1 };
    case 'random': {
      // One draw of signs serves all samples, or else <V_n, V_m> would vanish on average where n and m differ.
      const draw = random(seed);
      const signs = (): Matrix => {
        const row = Float64Array.from({ length: C }, () => (draw() < 0.5 ? -1 : 1));
        return filled((k) => row[k]!);
      };
      return { views: Array.from({ length: projections }, signs), scale: 1 / projections };
    }
  }
}
