import { badOption, type Matrix, type Particles, withDefaults } from '@overparam/core';

/** V, the potential of a particle (w, x) of the measure 1/m sum_i w_i delta(x_i): G is its mean. */
export interface Regularizer {
  /** As messages name it. */
  readonly name: string;
  /** What certificates and conic flows know; absent for one of your own. */
  readonly kind?: 'total-variation' | 'squared-norm';
  /** The factor of the total variation that it amounts to; 0 for none. */
  readonly lambda: number;
  /** True where weights are to be >= 0. */
  readonly positive?: boolean;
  /** 1/m sum_i V(w_i, x_i) for the weights a_i = w_i / m. */
  mean(particles: Particles): number;
  /** From the force -R' to the velocity: takes its projection on dV(w, x) away, which leaves the shortest vector; in place. */
  subtract(w: Float64Array, x: Matrix, dw: Float64Array, dx: Float64Array): void;
  /** (w, x) <- the minimiser of tau V + half the squared distance from (w, x); in place. Absent: not for forward-backward. */
  proximal?(tau: number, w: Float64Array, x: Matrix): void;
}

const checkLambda = (lambda: number): void => {
  if (!(lambda >= 0 && lambda < Infinity)) throw badOption('lambda', lambda, 'a finite number >= 0');
};

export interface TotalVariationOptions {
  /** Whether the measure has to be positive. */
  readonly positive?: boolean;
}

/**
 * G = lambda |mu|(Theta): V = lambda |w|, or Infinity for w < 0 where the measure has to be positive. At w = 0 the
 * velocity is that of a particle about to be born, on the side where it pays. arXiv 1805.09545, section 2.2.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function totalVariation(lambda: number, options: TotalVariationOptions = {}): Regularizer {
  const { positive } = withDefaults('totalVariation', { positive: false }, options);
  checkLambda(lambda);
  const soft = (v: number, threshold: number): number =>
    v > threshold ? v - threshold : v < -threshold && !positive ? v + threshold : 0;
  return {
    name: 'the total variation',
    kind: 'total-variation',
    lambda,
    positive,
    mean({ weights: a }) {
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]!);
      return lambda * sum;
    },
    subtract(w, _, dw) {
      for (let i = 0; i < w.length; i++) dw[i] = w[i] === 0 ? soft(dw[i]!, lambda) : dw[i]! - lambda * Math.sign(w[i]!);
    },
    proximal(tau, w) {
      for (let i = 0; i < w.length; i++) w[i] = soft(w[i]!, tau * lambda);
    },
  };
}

/**
 * V = lambda (w^2 + |x|^2), the weight decay of a two-layer network. Where phi is homogeneous it amounts to the total
 * variation 2 lambda of the measure on the sphere, since w^2 + |x|^2 >= 2 |w| |x| and scaling a neuron reaches equality.
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function squaredNorm(lambda: number): Regularizer {
  checkLambda(lambda);
  return {
    name: 'the squared norm',
    kind: 'squared-norm',
    lambda: 2 * lambda,
    mean({ weights: a, positions: x }) {
      const m = a.length;
      let sum = 0;
      for (let i = 0; i < m; i++) sum += (m * a[i]!) ** 2;
      for (let i = 0; i < x.data.length; i++) sum += x.data[i]! ** 2;
      return m === 0 ? 0 : (lambda * sum) / m;
    },
    subtract(w, x, dw, dx) {
      for (let i = 0; i < w.length; i++) dw[i]! -= 2 * lambda * w[i]!;
      for (let i = 0; i < dx.length; i++) dx[i]! -= 2 * lambda * x.data[i]!;
    },
    proximal(tau, w, x) {
      const shrink = 1 / (1 + 2 * tau * lambda);
      for (let i = 0; i < w.length; i++) w[i]! *= shrink;
      for (let i = 0; i < x.data.length; i++) x.data[i]! *= shrink;
    },
  };
}

/** G = 0. */
export const unregularized = (): Regularizer => ({ ...totalVariation(0), name: 'no regulariser' });
