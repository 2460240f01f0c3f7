import { badOption, type Matrix } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { type Features } from './features.ts';

export interface TrigonometricOptions {
  /** n_c: the highest frequency in each variable. */
  readonly cutoff: number;
  /** d: 1 for the circle, more for the torus. */
  readonly dimension?: number;
  readonly period?: number;
}

/**
 * phi(x) = the products, over the variables, of one of 1, sqrt2 cos kx, sqrt2 sin kx, k = 1..cutoff, each:
 * N = (2 cutoff + 1)^d features, the last variable's the fastest, cosines before sines. Their kernel is Dirichlet's,
 * <phi(x), phi(x')> = the sum of e^{i <k, x - x'>} over all |k_j| <= cutoff. arXiv 1907.10300, section 5.
 *
 * @throws OverparamError `BAD_OPTION`
 */
export function trigonometric({ cutoff, dimension: d = 1, period = 2 * Math.PI }: TrigonometricOptions): Features {
  count('cutoff', cutoff);
  count('dimension', d);
  if (positive('period', period) === Infinity) throw badOption('period', period, 'a finite number > 0');
  const L = 2 * cutoff + 1;
  const N = L ** d;
  const frequency = (2 * Math.PI) / period;
  const prefix = N / L;

  // Scratch of `accumulate` and `pair`; neither is interrupted.
  const outer = new Float64Array(2 * prefix);
  const rows = new Float64Array((d + 1) * prefix);

  /** psi(x) of L numbers for each coordinate of each point. */
  const table = (x: Float64Array): Float64Array => {
    const psi = new Float64Array(x.length * L);
    for (let i = 0, at = 0; i < x.length; i++) {
      const angle = frequency * x[i]!;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      let c = Math.SQRT2;
      let s = 0;
      psi[at++] = 1;
      for (let k = 1; k <= cutoff; k++) {
        const next = c * cos - s * sin;
        s = s * cos + c * sin;
        c = next;
        psi[at++] = c;
        psi[at++] = s;
      }
    }
    return psi;
  };

  /** psi'(x) from psi(x). */
  const derivative = (psi: Float64Array): Float64Array => {
    const out = new Float64Array(psi.length);
    for (let at = 0; at < psi.length; at += L)
      for (let k = 1; k <= cutoff; k++) {
        out[at + 2 * k - 1] = -k * frequency * psi[at + 2 * k]!;
        out[at + 2 * k] = k * frequency * psi[at + 2 * k - 1]!;
      }
    return out;
  };

  /**
   * y += factor times the outer product of d vectors of L numbers. Products grow from the first variable on, in one half
   * of `outer` and then in the other.
   */
  const accumulate = (
    y: Float64Array,
    factor: number,
    vector: (axis: number) => readonly [Float64Array, number],
  ): void => {
    let from = 0;
    let length = 1;
    outer[0] = factor;
    for (let axis = 0; axis < d - 1; axis++) {
      const [v, at] = vector(axis);
      const to = prefix - from;
      for (let p = 0; p < length; p++)
        for (let q = 0; q < L; q++) outer[to + p * L + q] = outer[from + p]! * v[at + q]!;
      from = to;
      length *= L;
    }
    const [v, at] = vector(d - 1);
    for (let p = 0; p < length; p++) {
      const scale = outer[from + p]!;
      for (let q = 0; q < L; q++) y[p * L + q]! += scale * v[at + q]!;
    }
  };

  return {
    name: `trigonometric features up to frequency ${cutoff}`,
    dimension: d,
    size: N,
    trigonometric: { degree: cutoff, period },
    at({ rows: n, data }: Matrix) {
      const psi = table(data);
      return {
        integrate(a) {
          const y = new Float64Array(N);
          if (d > 1) for (let i = 0; i < n; i++) accumulate(y, a[i]!, (axis) => [psi, (i * d + axis) * L]);
          else for (let i = 0, at = 0; i < n; i++) for (let q = 0; q < L; q++) y[q]! += a[i]! * psi[at++]!;
          return y;
        },
        derive(v) {
          const y = new Float64Array(N);
          const slope = derivative(psi);
          for (let i = 0; i < n; i++)
            for (let k = 0; k < d; k++)
              accumulate(y, v.data[i * d + k]!, (axis) => [axis === k ? slope : psi, (i * d + axis) * L]);
          return y;
        },
        pair(r) {
          const values = new Float64Array(n);
          const gradients = { rows: n, columns: d, data: new Float64Array(n * d) };
          // Contracts the last variable, then the one before, ...: row 0 with psi throughout, row j with psi' at one axis.
          for (let i = 0; i < n; i++) {
            let at = (i * d + d - 1) * L;
            let width = prefix;
            contract(r, 0, width, psi, at, L, cutoff, frequency, rows, 0, d * prefix);
            for (let axis = d - 2; axis >= 0; axis--) {
              at -= L;
              const shorter = width / L;
              for (let j = axis + 2; j <= d; j++)
                for (let p = 0; p < shorter; p++) {
                  let sum = 0;
                  for (let q = 0; q < L; q++) sum += rows[j * prefix + p * L + q]! * psi[at + q]!;
                  rows[j * prefix + p] = sum;
                }
              contract(rows, 0, shorter, psi, at, L, cutoff, frequency, rows, 0, (axis + 1) * prefix);
              width = shorter;
            }
            values[i] = rows[0]!;
            for (let k = 0; k < d; k++) gradients.data[i * d + k] = rows[(k + 1) * prefix]!;
          }
          return { values, gradients };
        },
      };
    },
  };
}

/** out[value + p] <- <row p, psi>, out[slope + p] <- <row p, psi'>; a row may be where its result goes. */
function contract(
  source: Float64Array,
  from: number,
  rows: number,
  psi: Float64Array,
  at: number,
  L: number,
  cutoff: number,
  frequency: number,
  out: Float64Array,
  value: number,
  slope: number,
): void {
  for (let p = 0; p < rows; p++) {
    const row = from + p * L;
    let sum = source[row]!;
    let change = 0;
    for (let k = 1; k <= cutoff; k++) {
      const c = source[row + 2 * k - 1]!;
      const s = source[row + 2 * k]!;
      const cos = psi[at + 2 * k - 1]!;
      const sin = psi[at + 2 * k]!;
      sum += c * cos + s * sin;
      change += k * (s * cos - c * sin);
    }
    out[value + p] = sum;
    out[slope + p] = frequency * change;
  }
}
