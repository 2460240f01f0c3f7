import { badOption, type Matrix, required, withDefaults } from '@overparam/core';
import { count, positive } from '@overparam/line-search';
import { block } from '../block.ts';
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
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function trigonometric(options: TrigonometricOptions): Features {
  const {
    cutoff,
    dimension: d,
    period,
  } = withDefaults<TrigonometricOptions>(
    'trigonometric',
    { cutoff: required, dimension: 1, period: 2 * Math.PI },
    options,
  );
  count('cutoff', cutoff);
  count('dimension', d);
  if (positive('period', period) === Infinity) throw badOption('period', period, 'a finite number > 0');
  const L = 2 * cutoff + 1;
  const N = L ** d;
  const frequency = (2 * Math.PI) / period;
  const prefix = N / L;

  // Scratch of one point; no call is interrupted. psi and psi' have L numbers for each variable.
  const psi = new Float64Array(d * L);
  const slope = new Float64Array(d * L);
  const outer = new Float64Array(2 * prefix);
  const parts = new Float64Array((d + 1) * prefix);

  /** cos and sin of the angle of each coordinate of each point, one after the other. */
  const circular = (x: Float64Array): number[] => {
    // An array, since to allocate a typed one costs more than to fill it.
    const out = new Array<number>(2 * x.length);
    for (let i = 0; i < x.length; i++) {
      const angle = frequency * x[i]!;
      out[2 * i] = Math.cos(angle);
      out[2 * i + 1] = Math.sin(angle);
    }
    return out;
  };

  /** psi at the angle of a cosine and a sine: L numbers to `psi[to]` and after. */
  const waves = (cos: number, sin: number, to: number): void => {
    let c = Math.SQRT2;
    let s = 0;
    psi[to] = 1;
    for (let k = 1; k <= cutoff; k++) {
      const next = c * cos - s * sin;
      s = s * cos + c * sin;
      c = next;
      psi[to + 2 * k - 1] = c;
      psi[to + 2 * k] = s;
    }
  };

  /** psi of all coordinates of point i. */
  const allWaves = (trigs: readonly number[], i: number): void => {
    for (let axis = 0; axis < d; axis++) waves(trigs[2 * (i * d + axis)]!, trigs[2 * (i * d + axis) + 1]!, axis * L);
  };

  /**
   * y += factor times the outer product of psi of all variables, psi' for the variable `derived`. Products grow from the
   * first variable on, in one half of `outer` and then in the other.
   */
  const accumulate = (y: Float64Array, factor: number, derived: number): void => {
    let from = 0;
    let length = 1;
    outer[0] = factor;
    for (let axis = 0; axis < d - 1; axis++) {
      const v = axis === derived ? slope : psi;
      const at = axis * L;
      const to = prefix - from;
      for (let p = 0; p < length; p++)
        for (let q = 0; q < L; q++) outer[to + p * L + q] = outer[from + p]! * v[at + q]!;
      from = to;
      length *= L;
    }
    const v = derived === d - 1 ? slope : psi;
    const at = (d - 1) * L;
    for (let p = 0; p < length; p++) {
      const scale = outer[from + p]!;
      for (let q = 0; q < L; q++) y[p * L + q]! += scale * v[at + q]!;
    }
  };

  /** Part 0 <- <row p of the source, psi(axis)>, and part axis + 1 <- the same with psi'. Rows may be those of part 0. */
  const contract = (source: Float64Array, rows: number, axis: number): void => {
    const at = axis * L;
    for (let p = 0; p < rows; p++) {
      const row = p * L;
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
      parts[p] = sum;
      parts[(axis + 1) * prefix + p] = frequency * change;
    }
  };

  return {
    name: `trigonometric features up to frequency ${cutoff}`,
    dimension: d,
    size: N,
    trigonometric: { degree: cutoff, period },
    at({ rows: n, data }: Matrix) {
      const trigs = circular(data);
      return {
        integrate(a, y = new Float64Array(N)) {
          y.fill(0);
          for (let i = 0; i < n; i++) {
            allWaves(trigs, i);
            accumulate(y, a[i]!, -1);
          }
          return y;
        },
        derive(v) {
          const y = new Float64Array(N);
          for (let i = 0; i < n; i++) {
            allWaves(trigs, i);
            for (let at = 0; at < d * L; at += L)
              for (let k = 1; k <= cutoff; k++) {
                slope[at + 2 * k - 1] = -k * frequency * psi[at + 2 * k]!;
                slope[at + 2 * k] = k * frequency * psi[at + 2 * k - 1]!;
              }
            for (let axis = 0; axis < d; axis++) accumulate(y, v.data[i * d + axis]!, axis);
          }
          return y;
        },
        pair(r) {
          const [values, data] = block(n, n * d);
          for (let i = 0; i < n; i++) {
            allWaves(trigs, i);
            // Contracts the last variable, then the one before, ...: part 0 of `parts` with psi throughout, part j with psi'
            // for variable j - 1.
            contract(r, prefix, d - 1);
            for (let axis = d - 2, width = prefix / L; axis >= 0; axis--, width /= L) {
              for (let j = axis + 2; j <= d; j++)
                for (let p = 0; p < width; p++) {
                  let sum = 0;
                  for (let q = 0; q < L; q++) sum += parts[j * prefix + p * L + q]! * psi[axis * L + q]!;
                  parts[j * prefix + p] = sum;
                }
              contract(parts, width, axis);
            }
            values[i] = parts[0]!;
            for (let k = 0; k < d; k++) data[i * d + k] = parts[(k + 1) * prefix]!;
          }
          return { values, gradients: { rows: n, columns: d, data } };
        },
      };
    },
  };
}
