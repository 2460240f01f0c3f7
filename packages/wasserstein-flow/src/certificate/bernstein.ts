import { type Asking, type Inquiry, type Matrix, type MeasureOracle, type Particles } from '@overparam/core';
import { type ConvexForm } from './convex-form.ts';

/** How much is enough: the bound exceeds the maximum by no more than this part of it. */
const accuracy = 2 ** -49;
const budget = 200_000;

/**
 * A bound on |R'(mu)|, or on -R'(mu) where the measure has to be positive, over the torus, where it is a trigonometric
 * polynomial g of degree n in each of d variables.
 *
 * On a grid of spacing h, max |g| <= max over the grid / cos(n d h/2): along every line g is of exponential type n |v|_1, so
 * it falls from its maximum no faster than a cosine (Duffin and Schaeffer 1938, M. Riesz for d = 1). Bernstein's inequality
 * then bounds second derivatives, |D^2 g(v, v)| <= (n |v|_1)^2 max |g|, and so g on a whole cell from its value and gradient
 * in the middle; both are applied to g - c, for a constant c. Cells whose bound is above the largest value seen are divided. The result holds up to the rounding of the
 * values of g, and whenever the division ends.
 *
 * @param seen the largest value that is known
 */
export function* bernsteinBound(
  oracle: Asking<MeasureOracle>,
  mu: Particles,
  { domain, positive, trigonometric }: ConvexForm,
  seen: number,
): Inquiry<number> {
  const { degree, period } = trigonometric!;
  const d = domain.dimension;
  // Degree in each variable per unit of length, and the Bernstein type along the diagonal.
  const type = (2 * Math.PI * degree) / period;
  const perAxis = Math.max(32, 8 * d * degree);
  let half = period / perAxis / 2;
  let cells = rows(perAxis ** d, d, (i, k) => (Math.floor(i / perAxis ** k) % perAxis) * 2 * half);
  let largest = seen;
  // Of |g - c|, with c the middle of the values on the grid: its second derivatives are those of g.
  let supremum = Infinity;
  let bound = Infinity;
  for (let asked = cells.rows; ;) {
    const { values, gradients } = yield* oracle.variation(mu, { points: cells });
    if (supremum === Infinity) {
      const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
      supremum = (high! - low!) / 2 / Math.cos(type * d * half);
    }
    const curved = ((type * d * half) ** 2 * supremum) / 2;
    const heights = values.map((v) => (positive ? -v : Math.abs(v)));
    largest = heights.reduce((most, v) => Math.max(most, v), largest);
    const enough = largest + accuracy * Math.abs(largest);
    bound = enough;
    const open: number[] = [];
    heights.forEach((height, i) => {
      let steep = 0;
      for (let k = 0; k < d; k++) steep += Math.abs(gradients.data[i * d + k]!);
      const above = height + half * steep + curved;
      if (above > enough) open.push(i);
      bound = Math.max(bound, above);
    });
    asked += open.length * 2 ** d;
    if (open.length === 0 || asked > budget) return bound;
    half /= 2;
    const parents = cells;
    cells = rows(open.length * 2 ** d, d, (i, k) => {
      const parent = open[Math.floor(i / 2 ** d)]!;
      return parents.data[parent * d + k]! + ((i >> k) & 1 ? half : -half);
    });
  }
}

function rows(n: number, d: number, entry: (i: number, k: number) => number): Matrix {
  const data = new Float64Array(n * d);
  for (let i = 0; i < n; i++) for (let k = 0; k < d; k++) data[i * d + k] = entry(i, k);
  return { rows: n, columns: d, data };
}
