import { type Matrix, required, withDefaults } from '@overparam/core';
import { positive } from '@overparam/line-search';
import { type ExactMeasureOracle } from './measure-oracle.ts';
import { particlesOf, type Measure } from './measure.ts';

/** k(x, z), positive definite, and its gradient in x. */
export interface Kernel {
  readonly name: string;
  readonly dimension: number;
  /** Writes the gradient to `gradient`, d numbers, and returns the value; x is row i of one matrix, z row j of another. */
  value(x: Matrix, i: number, z: Matrix, j: number, gradient: Float64Array): number;
}

/** k(x, z) = exp(-|x - z|^2 / (2 sigma^2)). @throws OverparamError `BAD_OPTION` */
export function gaussianKernel(dimension: number, options: { readonly width: number }): Kernel {
  const { width } = withDefaults('gaussianKernel', { width: required }, options);
  positive('width', width);
  return {
    name: 'the Gaussian kernel',
    dimension,
    value(x, i, z, j, gradient) {
      let square = 0;
      for (let k = 0; k < dimension; k++) {
        const difference = x.data[i * dimension + k]! - z.data[j * dimension + k]!;
        gradient[k] = -difference / (width * width);
        square += difference * difference;
      }
      const value = Math.exp(-square / (2 * width * width));
      for (let k = 0; k < dimension; k++) gradient[k]! *= value;
      return value;
    },
  };
}

/**
 * Half the squared maximum mean discrepancy from a target measure: R(mu) = 1/2 integral k d(mu - nu) d(mu - nu), whose
 * first variation is integral k(x, .) d(mu - nu). A flow that moves positions alone is the MMD flow of Arbel, Korba, Salim
 * and Gretton, arXiv 1906.04370; `temperature` adds noise.
 */
export function interaction(kernel: Kernel, target: Measure): ExactMeasureOracle {
  const d = kernel.dimension;
  const nu = particlesOf(target, d);
  const slope = new Float64Array(d);
  /** factor integral k(x_i, .) dmu, and with it the gradient. */
  const potential = (x: Matrix, i: number, mu: typeof nu, factor: number, gradient?: Float64Array): number => {
    let sum = 0;
    for (let j = 0; j < mu.weights.length; j++) {
      const a = factor * mu.weights[j]!;
      sum += a * kernel.value(x, i, mu.positions, j, slope);
      if (gradient) for (let k = 0; k < d; k++) gradient[k]! += a * slope[k]!;
    }
    return sum;
  };
  const inner = (mu: typeof nu, other: typeof nu): number =>
    mu.weights.reduce((sum, a, i) => sum + a * potential(mu.positions, i, other, 1), 0);
  const own = inner(nu, nu);
  const half = (mu: typeof nu): number => (inner(mu, mu) + own) / 2 - inner(mu, nu);
  return {
    name: `the interaction by ${kernel.name}`,
    variation(mu, { points = mu.positions } = {}) {
      const values = new Float64Array(points.rows);
      const gradients = { rows: points.rows, columns: d, data: new Float64Array(points.rows * d) };
      for (let i = 0; i < points.rows; i++) {
        const gradient = gradients.data.subarray(i * d, (i + 1) * d);
        values[i] = potential(points, i, mu, 1, gradient) + potential(points, i, nu, -1, gradient);
      }
      return { potential: half(mu), values, gradients };
    },
    // R is half a squared norm: R(mu) + R*(s R') - s <R', mu> = (1 - s)^2 R(mu).
    fenchelYoung: (mu, scale) => (1 - scale) ** 2 * half(mu),
  };
}
