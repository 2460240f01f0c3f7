import { type Measure } from '../measure.ts';
import { type Carried } from './root-mean-power.ts';

/**
 * The cheapest plan on the line, for every p: the monotone one, whose cost is the integral of |F^-1 - G^-1|^p over the
 * mass, with F and G the distribution functions.
 */
export function linePlan(mu: Measure, nu: Measure): Carried[] {
  const [a, b] = [sorted(mu), sorted(nu)];
  const plan: Carried[] = [];
  let [i, j] = [0, 0];
  let [left, right] = [a[0]!.mass, b[0]!.mass];
  while (i < a.length && j < b.length) {
    const mass = Math.min(left, right);
    plan.push({ mass, distance: Math.abs(a[i]!.at - b[j]!.at) });
    left -= mass;
    right -= mass;
    if (left <= right) left += a[++i]?.mass ?? 0;
    else right += b[++j]?.mass ?? 0;
  }
  return plan;
}

const sorted = ({ positions, weights }: Measure): { readonly at: number; readonly mass: number }[] =>
  positions.map((x, i) => ({ at: x[0]!, mass: weights[i]! })).sort((a, b) => a.at - b.at);
