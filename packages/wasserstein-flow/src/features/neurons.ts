import { badOption, OverparamError, type Matrix, required, withDefaults } from '@overparam/core';
import { fromRows, matrix, multiply } from '@overparam/linear-algebra';
import { activations, type Activation, type ActivationName } from './activations.ts';
import { type Features } from './features.ts';

export interface NeuronOptions {
  /** x_1..x_N, N rows. */
  readonly inputs: readonly (readonly number[])[] | Matrix;
  readonly activation: ActivationName | Activation;
  /** Whether a neuron has a bias: its last coordinate. */
  readonly bias?: boolean;
}

/**
 * A hidden neuron over a data set: phi(a)_n = sigma(<a, x_n>), or sigma(<a, x_n> + b) for (a, b). arXiv 1805.09545,
 * section 4.2.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, `NOT_FINITE`, `SHAPE_MISMATCH`
 */
export function neurons(options: NeuronOptions): Features {
  const { inputs, activation, bias } = withDefaults<NeuronOptions>(
    'neurons',
    { inputs: required, activation: required, bias: false },
    options,
  );
  const given = 'rows' in inputs ? inputs : fromRows(inputs);
  const sigma = typeof activation === 'string' ? activations[activation] : activation;
  if (!sigma) throw badOption('activation', activation, Object.keys(activations).join(', ') + ', or your own');
  if (given.rows === 0 || given.columns === 0)
    throw badOption('inputs', `${given.rows} x ${given.columns}`, 'at least one row of at least one number');
  if (!given.data.every(Number.isFinite))
    throw new OverparamError('NOT_FINITE', 'inputs hold a number that is not finite.');
  const [N, d] = [given.rows, given.columns + (bias ? 1 : 0)];
  const x = bias ? withOnes(given) : given;
  return {
    name: `${sigma.name} neurons`,
    dimension: d,
    size: N,
    homogeneous: sigma.homogeneous ?? false,
    at(points) {
      const n = points.rows;
      const z = multiply(points, x, { transposeB: true });
      const phi = new Float64Array(n * N);
      const slope = new Float64Array(n * N);
      sigma.apply(z.data, phi, slope);
      const activity = matrix(n, N, phi);
      return {
        integrate: (a) => multiply(matrix(1, n, a), activity).data,
        derive(v) {
          const along = multiply(v, x, { transposeB: true }).data;
          const y = new Float64Array(N);
          for (let i = 0; i < n; i++) for (let q = 0; q < N; q++) y[q]! += slope[i * N + q]! * along[i * N + q]!;
          return y;
        },
        pair(r) {
          const weighted = new Float64Array(n * N);
          for (let i = 0; i < n; i++) for (let q = 0; q < N; q++) weighted[i * N + q] = slope[i * N + q]! * r[q]!;
          return {
            values: multiply(activity, matrix(N, 1, r)).data,
            gradients: multiply(matrix(n, N, weighted), x),
          };
        },
      };
    },
  };
}

function withOnes({ rows, columns, data }: Matrix): Matrix {
  const out = matrix(rows, columns + 1);
  for (let i = 0; i < rows; i++) {
    out.data.set(data.subarray(i * columns, (i + 1) * columns), i * (columns + 1));
    out.data[i * (columns + 1) + columns] = 1;
  }
  return out;
}
