import { type Measure } from '../measure.ts';
import { type Carried } from './root-mean-power.ts';

/**
 * The cheapest plan on the circle R / period for costs distance^p, p >= 1: over all places theta to cut the circle at, the
 * cheapest monotone matching of mu's mass t with nu's mass t - theta, both continued periodically. Its cost is convex and
 * piecewise linear in theta, with a kink where two masses meet; J. Delon, J. Salomon and A. Sobolevski, SIAM J. Appl.
 * Math. 70 (2010).
 */
export function circlePlan(mu: Measure, nu: Measure, p: number, period: number): Carried[] {
  const total = mu.weights.reduce((sum, mass) => sum + mass, 0);
  const [a, b] = [around(mu, period, total), around(nu, period, total)];
  const planOf = (theta: number): Carried[] => {
    const plan: Carried[] = [];
    cut(a, b, theta, p, period, (mass, distance) => plan.push({ mass, distance }));
    return plan;
  };
  let [low, high] = [-total, total];
  // Between two kinks the cost is linear: once low and high are neighbours in floating point, it is least at one of them.
  for (let step = 0; step < 200 && high - low > 1e-16 * total; step++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    const { slopeLeft, slopeRight } = cut(a, b, middle, p, period);
    if (slopeRight < 0) low = middle;
    else if (slopeLeft > 0) high = middle;
    else return planOf(middle);
  }
  return planOf(cut(a, b, low, p, period).cost <= cut(a, b, high, p, period).cost ? low : high);
}

interface Around {
  /** In [0, period), ascending. */
  readonly at: readonly number[];
  /** The sums of the masses up to and with each particle. */
  readonly ends: readonly number[];
}

/** Both measures have the total to the bit, so that their masses meet after each turn. */
function around({ positions, weights }: Measure, period: number, total: number): Around {
  const order = positions
    .map((x, i) => ({ at: x[0]! - period * Math.floor(x[0]! / period), mass: weights[i]! }))
    .sort((a, b) => a.at - b.at);
  let sum = 0;
  return {
    at: order.map(({ at }) => at),
    ends: order.map(({ mass }, i) => (i < order.length - 1 ? Math.min((sum += mass), total) : total)),
  };
}

/** The quantile function, continued by F^-1(t + total) = F^-1(t) + period, at the k-th particle of the endless line. */
const particle = ({ at, ends }: Around, k: number, period: number): { readonly at: number; readonly end: number } => {
  const n = at.length;
  const turns = Math.floor(k / n);
  return { at: at[k - turns * n]! + turns * period, end: ends[k - turns * n]! + turns * ends[n - 1]! };
};

/** The cost of a cut, and its derivatives in theta from both sides. */
function cut(
  a: Around,
  b: Around,
  theta: number,
  p: number,
  period: number,
  carry?: (mass: number, distance: number) => void,
): { readonly cost: number; readonly slopeLeft: number; readonly slopeRight: number } {
  const total = a.ends.at(-1)!;
  const distance = (i: number, j: number): number => Math.abs(particle(a, i, period).at - particle(b, j, period).at);
  // In units of two periods, which nothing is farther apart than: no power overflows.
  const cost = (i: number, j: number): number => (distance(i, j) / (2 * period)) ** p;
  let i = 0;
  // The first particle of nu whose mass, moved by theta, reaches beyond 0.
  let j = Math.floor(-theta / total) * b.at.length;
  while (particle(b, j, period).end + theta <= 0) j++;
  let [from, sum, slopeLeft, slopeRight] = [0, 0, 0, 0];
  while (from < total) {
    const [endA, endB] = [particle(a, i, period).end, particle(b, j, period).end + theta];
    const to = Math.min(endA, endB, total);
    const mass = Math.max(0, to - from);
    sum += mass * cost(i, j);
    carry?.(mass, distance(i, j));
    // A kink of nu moves with theta: its mass before it, matched with (i, j), grows at the cost of what comes after.
    if (endB < endA) {
      const change = cost(i, j) - cost(i, j + 1);
      slopeLeft += change;
      slopeRight += change;
    } else if (endB === endA) {
      slopeLeft += cost(i, j) - cost(i, j + 1);
      slopeRight += cost(i + 1, j) - cost(i + 1, j + 1);
    }
    if (endA <= to) i++;
    if (endB <= to) j++;
    from = to;
  }
  return { cost: sum, slopeLeft, slopeRight };
}
