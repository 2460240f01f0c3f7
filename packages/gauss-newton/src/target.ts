import { leastSquares, matrix } from '@overparam/linear-algebra';
import { times, type Blocks } from './blocks.ts';

/** A linear term g = S u + rest of the model g . J h + |S^T J h|^2 / 2. */
export interface Target {
  readonly u: Float64Array;
  /** What S does not reach; null where that is nothing. */
  readonly rest: Float64Array | null;
}

/**
 * How small a direction of S_n may be, relative to its largest, before it counts as one that S_n does not reach.
 * For softmax that is p_y = 1e-12: u grows like 1/sqrt(p_y), and would drown the other samples in rounding.
 */
const unreached = 1e-6;

/**
 * g as S u + rest, sample by sample, with u of least norm: u_n = S_n^+ g_n. Any u with S u = g gives the same step. What
 * is left over, where the loss has a slope but no curvature, is exact too: see {@link dualStep}.
 */
export function targetOf(S: Blocks, g: Float64Array): Target {
  if (!S) return { u: g, rest: null };
  const c = S.columns;
  const u = new Float64Array(g.length);
  for (let from = 0; from < g.length; from += c) {
    const block = matrix(c, c, S.data.subarray(from * c, (from + c) * c));
    u.set(leastSquares(block, g.subarray(from, from + c).slice(), { tolerance: unreached }).solution, from);
  }
  const reached = times(S, u);
  const rest = g.map((gi, i) => gi - reached[i]!);
  // Below this, it is the rounding of the division.
  const rounding = 16 * c * Number.EPSILON;
  let left = false;
  for (let from = 0; from < g.length; from += c) {
    let most = 0;
    for (let i = from; i < from + c; i++) most = Math.max(most, Math.abs(g[i]!));
    for (let i = from; i < from + c; i++) {
      if (Math.abs(rest[i]!) <= rounding * most) rest[i] = 0;
      else left = true;
    }
  }
  return { u, rest: left ? rest : null };
}
