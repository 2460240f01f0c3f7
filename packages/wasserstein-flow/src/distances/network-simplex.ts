import { firstPlan } from './first-plan.ts';
import { type SpanningTree } from './spanning-tree.ts';

/** An arc with a smaller reduced cost than minus this part of the largest cost makes the plan cheaper. */
const tolerance = 2 ** -48;
/** Grains in the whole mass: their sums are exact. */
const grains = 2 ** 50;

export interface CheapestPlan {
  /** [i, j, mass], by i and j. */
  readonly plan: readonly (readonly [number, number, number])[];
  /** u_i + v_j <= c_ij, with equality where mass is sent. */
  readonly u: Float64Array;
  readonly v: Float64Array;
}

/**
 * The cheapest plan between masses a and b by the network simplex method: a tree of n + m - 1 arcs carries the masses; as
 * long as an arc outside of it costs less than the potentials of its ends, it replaces one of the tree. The rows are
 * searched in turn for such an arc, and the best of a row is taken.
 *
 * G. Dantzig, Application of the simplex method to a transportation problem (1951). Masses are counted in grains of 2^-50
 * of the whole, so that the search is exact; the masses of the plan are then those of the tree for a and b themselves.
 *
 * @param a n masses > 0
 * @param b m masses > 0, of about the same sum
 * @param c n x m, of the size of 1 at most
 */
export function networkSimplex(a: Float64Array, b: Float64Array, c: Float64Array): CheapestPlan {
  const [n, m] = [a.length, b.length];
  const supply = inGrains(a);
  const demand = inGrains(b);
  let missing = 0;
  let heaviest = 0;
  for (const mass of supply) missing += mass;
  for (let j = 0; j < m; j++) {
    missing -= demand[j]!;
    if (demand[j]! > demand[heaviest]!) heaviest = j;
  }
  demand[heaviest]! += missing;

  const tree = firstPlan(supply, demand, c);
  const { u, v } = tree;
  for (let i = 0, settled = 0; settled < n; i = i + 1 === n ? 0 : i + 1) {
    let best = -1;
    let least = -tolerance;
    const own = u[i]!;
    for (let j = 0, at = i * m; j < m; j++, at++) {
      const reduced = c[at]! - own - v[j]!;
      if (reduced < least) {
        least = reduced;
        best = j;
      }
    }
    if (best < 0) settled++;
    else {
      tree.exchange(i, best, least);
      settled = 0;
    }
  }
  // Feasible to rounding, and not only to the tolerance.
  v.fill(Infinity);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j < m; j++, at++) if (c[at]! - u[i]! < v[j]!) v[j] = c[at]! - u[i]!;
  return { plan: planOf(tree, a, b), u, v };
}

function inGrains(masses: Float64Array): Float64Array {
  let total = 0;
  for (const mass of masses) total += mass;
  return masses.map((mass) => Math.max(1, Math.round((mass / total) * grains)));
}

/** The masses on the arcs, from the leaves of the tree up; what rounding leaves below 0 is nothing. */
function planOf(tree: SpanningTree, a: Float64Array, b: Float64Array): CheapestPlan['plan'] {
  const n = a.length;
  const left = Float64Array.of(...a, ...b);
  const order: number[] = [];
  tree.descend(0, (node) => order.push(node));
  const plan: [number, number, number][] = [];
  for (const node of order.reverse()) {
    const parent = tree.parent[node]!;
    const mass = left[node]!;
    left[parent]! -= mass;
    if (mass > 0) plan.push(node < n ? [node, parent - n, mass] : [parent, node - n, mass]);
  }
  return plan.sort(([i, j], [k, l]) => i - k || j - l);
}
