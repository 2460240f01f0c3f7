import { type Matrix } from '@overparam/core';
import { count } from '@overparam/line-search';
import { type Features } from './features.ts';

export interface PointwiseFeatures {
  readonly name?: string;
  /** d */
  readonly dimension: number;
  /** N */
  readonly size: number;
  /** Writes phi(x), N numbers, to `out`. */
  phi(x: Float64Array, out: Float64Array): void;
  /** Writes d phi_n / d x_k to `out[k N + n]`. */
  derivative(x: Float64Array, out: Float64Array): void;
  readonly homogeneous?: boolean;
}

/**
 * Features of one's own, from phi and its derivative at a point. {@link checkFeatures} compares the two.
 * @throws OverparamError `BAD_OPTION`
 */
export function pointwise({
  name = 'features of your own',
  dimension: d,
  size: N,
  phi,
  derivative,
  homogeneous = false,
}: PointwiseFeatures): Features {
  count('dimension', d);
  count('size', N);
  return {
    name,
    dimension: d,
    size: N,
    homogeneous,
    at({ rows: n, data }: Matrix) {
      const values = new Float64Array(n * N);
      const derivatives = new Float64Array(n * d * N);
      for (let i = 0; i < n; i++) {
        const x = data.slice(i * d, (i + 1) * d);
        phi(x, values.subarray(i * N, (i + 1) * N));
        derivative(x, derivatives.subarray(i * d * N, (i + 1) * d * N));
      }
      return {
        integrate: (a) => combined(a, values, N),
        derive: (v) => combined(v.data, derivatives, N),
        pair: (r) => ({
          values: products(values, r),
          gradients: { rows: n, columns: d, data: products(derivatives, r) },
        }),
      };
    },
  };
}

/** sum_i a_i rows[i] */
function combined(a: Float64Array, rows: Float64Array, N: number): Float64Array {
  const y = new Float64Array(N);
  for (let i = 0; i < a.length; i++) {
    const factor = a[i]!;
    if (factor === 0) continue;
    for (let n = 0; n < N; n++) y[n]! += factor * rows[i * N + n]!;
  }
  return y;
}

/** <rows[i], r> */
function products(rows: Float64Array, r: Float64Array): Float64Array {
  const N = r.length;
  const out = new Float64Array(rows.length / N);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += rows[i * N + n]! * r[n]!;
    out[i] = sum;
  }
  return out;
}
