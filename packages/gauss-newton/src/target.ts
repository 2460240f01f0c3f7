import { leastSquares, matrix, type Matrix } from '@overparam/linear-algebra';
import { times, type Blocks } from './blocks.ts';
import { largest, squaredColumns } from './vector.ts';

/** A linear term g = S u + rest of the model g . J h + |S^T J h|^2 / 2. */
export interface Target {
  readonly u: Float64Array;
  /** What S does not reach; null where that is nothing. */
  readonly rest: Float64Array | null;
}

/**
 * How small a column of S may be, relative to the largest of all samples, before it counts as a direction that S does
 * not reach. For softmax that is p_y = 1e-12: u grows like 1/sqrt(p_y), and would drown the other samples in rounding.
 */
const unreached = 1e-6;

/**
 * g as S u + rest, sample by sample, with u of least norm: u_n = S_n^+ g_n. Any u with S u = g gives the same step. What
 * is left over, where the loss has a slope and next to no curvature, is exact too: see {@link dualStep}.
 */
export function targetOf(S: Blocks, g: Float64Array): Target {
  if (!S) return { u: g, rest: null };
  const c = S.columns;
  const blocks = Array.from({ length: g.length / c }, (_, n) => {
    const block = matrix(c, c, S.data.subarray(n * c * c, (n + 1) * c * c));
    return { block, size: Math.sqrt(Math.max(...squaredColumns(block))) };
  });
  const negligible = unreached * blocks.reduce((most, { size }) => Math.max(most, size), 0);
  const u = new Float64Array(g.length);
  blocks.forEach(({ block, size }, n) => {
    if (size <= negligible) return;
    const right = g.slice(n * c, (n + 1) * c);
    u.set(divided(right, block, negligible, size), n * c);
  });

  const reached = times(S, u);
  const rest = g.map((gi, i) => gi - reached[i]!);
  for (let from = 0; from < g.length; from += c) {
    const ofSample = (x: Float64Array): Float64Array => x.subarray(from, from + c);
    // The rounding of the division by S.
    if (largest(ofSample(rest)) <= 16 * c * Number.EPSILON * largest(ofSample(g))) ofSample(rest).fill(0);
  }
  return { u, rest: rest.every((x) => x === 0) ? null : rest };
}

/** S_n^+ g_n, in no time where S_n is diagonal, as it is for every loss that is a sum over outputs. */
function divided(g: Float64Array, block: Matrix, negligible: number, size: number): Float64Array {
  const { columns: c, data } = block;
  if (data.every((s, at) => s === 0 || at % (c + 1) === 0))
    return g.map((gi, i) => (Math.abs(data[i * (c + 1)]!) > negligible ? gi / data[i * (c + 1)]! : 0));
  return leastSquares(block, g, { tolerance: negligible / size }).solution;
}
