import {
  badOption,
  type AcceleratedOracle,
  type CompositeOracle,
  type DisplacementOracle,
  type Matrix,
  type Method,
} from '@overparam/core';

export interface MomoOptions {
  /** beta, the momentum: from 0 (none) to 1, without 1. */
  readonly beta?: number;
  /** alpha: no step is longer. */
  readonly alpha?: number;
  /** f*, a lower bound of the loss of every batch. */
  readonly lowerBound?: number;
}

/** What is remembered of the average direction d of the step before; a step of 0 stands for none. */
export interface MomoState {
  /** tau */
  readonly step: number;
  /** f-bar, the average of the losses. */
  readonly mean: number;
  /** <d, x> - gamma: by how much the averaged linear models lie above f-bar at x. */
  readonly offset: number;
  /** |d|^2 */
  readonly squaredNorm: number;
}

export interface MomoReport {
  readonly value: number;
  /** tau; 0 where w stayed. */
  readonly step: number;
}

type Needs = CompositeOracle & DisplacementOracle & AcceleratedOracle;

const inner = (a: Matrix, b: Matrix): number => a.data.reduce((sum, x, i) => sum + x * b.data[i]!, 0);

/**
 * MoMo: the step of Polyak for momentum. The average of the last linear models of the loss, max(f*, f-bar + <d, x - x_k> +
 * offset), is minimised close to x_k: tau = min(alpha, (f-bar + offset - f*)_+ / |d|^2), x <- x - tau d.
 * Schaipp, Ohana, Eickenberg, Defazio and Gower, arXiv 2305.07583, Algorithm 1.
 *
 * d never crosses. With d_k = beta d_{k-1} + (1 - beta) g_k the move is a heavy ball's, and <d_{k-1}, g_k> is that of
 * x_k - x_{k-1} = -tau d_{k-1}, by way of the outputs: <dL / d outputs, J (x_k - x_{k-1})>.
 */
export function momo({ beta = 0.9, alpha = 1, lowerBound = 0 }: MomoOptions = {}): Method<
  MomoState,
  MomoReport,
  Needs
> {
  if (!(beta >= 0 && beta < 1)) throw badOption('beta', beta, 'a number from 0 to 1, without 1');
  if (!(alpha > 0 && alpha < Infinity)) throw badOption('alpha', alpha, 'a finite number > 0');
  if (!Number.isFinite(lowerBound)) throw badOption('lowerBound', lowerBound, 'a finite number');
  const init = (): MomoState => ({ step: 0, mean: 0, offset: 0, squaredNorm: 0 });
  return {
    name: 'momo',
    options: { beta, alpha, lowerBound },
    needs: ['displacementProduct', 'lossGradient', 'linearize', 'moveHeavyBall'],
    init,
    *step({ step: before, mean: past, offset: above, squaredNorm: size }, oracle) {
      const moved = yield* oracle.displacementProduct();
      const projected = inner(yield* oracle.lossGradient(), moved);
      const { value, squaredGradientNorm } = yield* oracle.linearize();
      const b = before > 0 ? beta : 0;
      const along = before > 0 ? -projected / before : 0;
      const mean = b * past + (1 - b) * value;
      const offset = b * (above - before * size);
      const squaredNorm = b * b * size + 2 * b * (1 - b) * along + (1 - b) ** 2 * squaredGradientNorm;
      const step = Math.min(alpha, Math.max(mean + offset - lowerBound, 0) / squaredNorm);
      // At a minimum, or after a NaN, w stays, and the next step begins anew.
      if (!(squaredGradientNorm > 0 && squaredNorm > 0 && step > 0 && Number.isFinite(mean + step)))
        return { state: init(), report: { value, step: 0 } };
      yield* oracle.moveHeavyBall(step * (1 - b), before > 0 ? (b * step) / before : 0);
      return { state: { step, mean, offset, squaredNorm }, report: { value, step } };
    },
  };
}
