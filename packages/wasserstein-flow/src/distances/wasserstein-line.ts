import { type Measure } from '../measure.ts';

/**
 * W_p(mu, nu)^p on the line: the integral of |F^-1 - G^-1|^p over the mass, F and G the distribution functions. Of two
 * sets of as many equal particles it is the sum over the sorted pairs.
 */
export function lineCost(mu: Measure, nu: Measure, p: number): number {
  const [a, b] = [sorted(mu), sorted(nu)];
  let cost = 0;
  let [i, j] = [0, 0];
  let [left, right] = [a[0]!.mass, b[0]!.mass];
  while (i < a.length && j < b.length) {
    const moved = Math.min(left, right);
    cost += moved * Math.abs(a[i]!.at - b[j]!.at) ** p;
    left -= moved;
    right -= moved;
    if (left <= right) left += a[++i]?.mass ?? 0;
    else right += b[++j]?.mass ?? 0;
  }
  return cost;
}

const sorted = ({ positions, weights }: Measure): { readonly at: number; readonly mass: number }[] =>
  positions.map((x, i) => ({ at: x[0]!, mass: weights[i]! })).sort((a, b) => a.at - b.at);
