import type { Matrix, Particles } from '@overparam/core';
import { matrix, multiply } from '@overparam/linear-algebra';
import type { ExactMeasureOracle, Measure } from '@overparam/wasserstein-flow';

export interface ReluPopulation {
  /** The network to be learnt, of neurons a with f(x) = integral relu(<a, x>) dnu(a). */
  readonly teacher: Measure;
  /** E x_i^2: 1 for x from N(0, I), 1/d for x uniform on the unit sphere of R^d. */
  readonly secondMoment: number;
}

/**
 * R(mu) = 1/2 E (f_mu(x) - f_nu(x))^2 for relu networks over a rotation-invariant x: the population loss itself, without
 * samples. E relu(<u, x>) relu(<v, x>) = s |u| |v| (sin t + (pi - t) cos t) / (2 pi), with s = E x_i^2 and the angle t of u
 * and v: the arc-cosine kernel of order one of Y. Cho and L. K. Saul, NIPS 2009.
 */
export function reluPopulation({ teacher, secondMoment }: ReluPopulation): ExactMeasureOracle {
  const d = teacher.positions[0]!.length;
  const factor = secondMoment / (2 * Math.PI);
  const nu = teacher.positions.flat();

  /** mu - nu */
  const difference = ({ positions, weights }: Particles): Particles => {
    const m = weights.length;
    const both = matrix(m + teacher.weights.length, d);
    both.data.set(positions.data);
    both.data.set(nu, m * d);
    const signed = new Float64Array(both.rows);
    signed.set(weights);
    teacher.weights.forEach((a, j) => (signed[m + j] = -a));
    return { positions: both, weights: signed };
  };

  /** integral k(x_i, .) d signed, and its gradients in x_i. */
  const pair = (x: Matrix, { positions: z, weights: a }: Particles) => {
    const [n, m] = [x.rows, z.rows];
    const [lengths, others] = [norms(x), norms(z)];
    const products = multiply(x, z, { transposeB: true }).data;
    const values = new Float64Array(n);
    const radial = new Float64Array(n);
    const turned = matrix(n, m);
    for (let i = 0, at = 0; i < n; i++)
      for (let j = 0; j < m; j++, at++) {
        const size = lengths[i]! * others[j]!;
        // A neuron at 0 has no direction, and no part in anything.
        if (size === 0) continue;
        const cosine = Math.max(-1, Math.min(1, products[at]! / size));
        const sine = Math.sqrt(1 - cosine * cosine);
        const rest = Math.PI - Math.acos(cosine);
        values[i]! += factor * a[j]! * size * (sine + rest * cosine);
        radial[i]! += factor * a[j]! * others[j]! * sine;
        turned.data[at] = factor * a[j]! * rest;
      }
    const gradients = multiply(turned, z);
    for (let i = 0; i < n; i++) {
      if (lengths[i] === 0) continue;
      const along = radial[i]! / lengths[i]!;
      for (let k = i * d; k < (i + 1) * d; k++) gradients.data[k]! += along * x.data[k]!;
    }
    return { values, gradients };
  };

  return {
    name: 'the population loss of relu networks',
    variation(mu, { points } = {}) {
      const signed = difference(mu);
      const all = pair(signed.positions, signed);
      const potential = all.values.reduce((sum, value, i) => sum + signed.weights[i]! * value, 0) / 2;
      if (points) return { potential, ...pair(points, signed) };
      const m = mu.weights.length;
      return {
        potential,
        values: all.values.slice(0, m),
        gradients: matrix(m, d, all.gradients.data.slice(0, m * d)),
      };
    },
    fenchelYoung(mu, scale) {
      return (1 - scale) ** 2 * this.variation(mu).potential;
    },
  };
}

const norms = ({ rows, columns, data }: Matrix): Float64Array => {
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) square += data[k]! * data[k]!;
    out[i] = Math.sqrt(square);
  }
  return out;
};
