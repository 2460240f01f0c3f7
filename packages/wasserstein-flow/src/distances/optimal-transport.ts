import { badOption, OverparamError, type Matrix } from '@overparam/core';
import { type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';
import { networkSimplex } from './network-simplex.ts';

/** Who sends how much to whom, and the proof that no plan is cheaper. */
export interface Transport {
  /** The sum of mass times cost. */
  readonly cost: number;
  /** [i, j, mass], by i and j; n + m - 1 entries at most. */
  readonly plan: readonly (readonly [number, number, number])[];
  /**
   * u and v with u_i + v_j <= c_ij: by duality the cost is at least sum_i a_i u_i + sum_j b_j v_j, which it equals to
   * rounding.
   */
  readonly potentials: { readonly u: readonly number[]; readonly v: readonly number[] };
}

/**
 * The cheapest plan that carries masses a to masses b, exactly: min sum_ij c_ij g_ij over g >= 0 with these row and
 * column sums, by the network simplex method. Masses below 1e-15 of the whole may be carried at another than the least cost.
 *
 * @param costs n x m, finite
 * @throws OverparamError `BAD_OPTION`, `SHAPE_MISMATCH`, `UNEQUAL_MASSES`
 */
export function optimalTransport(a: readonly number[], b: readonly number[], costs: Matrix): Transport {
  const [n, m] = [a.length, b.length];
  if (costs.rows !== n || costs.columns !== m)
    throw new OverparamError('SHAPE_MISMATCH', `The costs are ${costs.rows} x ${costs.columns}, the masses ${n} and ${m}.`); // prettier-ignore
  for (const [name, masses] of [['a', a] as const, ['b', b] as const])
    masses.forEach((mass, i) => {
      if (!(mass >= 0 && mass < Infinity)) throw badOption(`${name}[${i}]`, mass, 'a finite mass >= 0');
    });
  let largest = 0;
  let wrong = -1;
  for (let k = 0; k < costs.data.length; k++) {
    const size = Math.abs(costs.data[k]!);
    if (!(size < Infinity) && wrong < 0) wrong = k;
    if (size > largest) largest = size;
  }
  if (wrong >= 0)
    throw badOption(`costs[${Math.floor(wrong / m)}][${wrong % m}]`, costs.data[wrong], 'a finite number');
  // Powers of two: what they scale is scaled without rounding.
  const massUnit = powerOfTwo(Math.max(0, ...a, ...b));
  const costUnit = powerOfTwo(largest);
  const [rows, columns] = [kept(a), kept(b)];
  const supply = Float64Array.from(rows, (i) => a[i]! / massUnit);
  const demand = Float64Array.from(columns, (j) => b[j]! / massUnit);
  const [sent, taken] = [total(supply), total(demand)];
  if (!(Math.abs(sent - taken) <= 1e-9 * Math.max(sent, taken)))
    throw new OverparamError('UNEQUAL_MASSES', `The masses are ${sent * massUnit} and ${taken * massUnit}: a plan carries one mass to the same.`); // prettier-ignore
  const u = new Array<number>(n).fill(0);
  const v = new Array<number>(m).fill(0);
  const c = new Float64Array(n * m);
  for (let k = 0; k < c.length; k++) c[k] = costs.data[k]! / costUnit;
  if (sent === 0) return { cost: 0, plan: [], potentials: { u, v: feasible(u, costs) } };
  for (let j = 0; j < demand.length; j++) demand[j]! *= sent / taken;

  const found = networkSimplex(supply, demand, chosen(c, m, rows, columns));
  rows.forEach((i, k) => (u[i] = found.u[k]! * costUnit));
  columns.forEach((j, l) => (v[j] = found.v[l]! * costUnit));
  // Rows and columns without mass carry nothing, and their potentials are as large as the costs allow.
  for (let i = 0; i < n; i++) if (a[i] === 0) u[i] = Math.min(...columns.map((j) => costs.data[i * m + j]! - v[j]!));
  if (columns.length < m) {
    const all = feasible(u, costs);
    for (let j = 0; j < m; j++) if (b[j] === 0) v[j] = all[j]!;
  }
  let cost = 0;
  const plan = found.plan.map(([k, l, mass]) => {
    const [i, j] = [rows[k]!, columns[l]!];
    cost += mass * c[i * m + j]!;
    return [i, j, mass * massUnit] as const;
  });
  return { cost: scaled(cost, massUnit, costUnit), plan, potentials: { u, v } };
}

const kept = (masses: readonly number[]): number[] => masses.flatMap((mass, i) => (mass > 0 ? [i] : []));
const total = (masses: Float64Array): number => masses.reduce((sum, mass) => sum + mass, 0);

/** The costs of these rows and columns. */
function chosen(c: Float64Array, m: number, rows: readonly number[], columns: readonly number[]): Float64Array {
  if (rows.length * columns.length === c.length) return c;
  const some = new Float64Array(rows.length * columns.length);
  rows.forEach((i, k) => columns.forEach((j, l) => (some[k * columns.length + l] = c[i * m + j]!)));
  return some;
}

/** The largest v_j that u allows. */
const feasible = (u: readonly number[], { columns, data }: Matrix): number[] =>
  Array.from({ length: columns }, (_, j) =>
    u.reduce((least, own, i) => Math.min(least, data[i * columns + j]! - own), Infinity),
  );

/** The largest power of two that is no larger; 1 for 0. */
const powerOfTwo = (x: number): number => (x > 0 ? 2 ** Math.max(-1022, Math.floor(Math.log2(x))) : 1);

/** x y z, if that is a number, for y and z of any size. */
const scaled = (x: number, y: number, z: number): number => (y < z ? x * z * y : x * y * z);

/** distance(x_i, y_j) */
export function distances(mu: Measure, nu: Measure, domain: Domain): Matrix {
  const [rows, columns] = [mu.weights.length, nu.weights.length];
  const data = new Float64Array(rows * columns);
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) data[at] = domain.distance(mu.positions[i]!, nu.positions[j]!);
  return { rows, columns, data };
}

/** x^p, quickly for the usual p. */
export const power = (x: number, p: number): number => (p === 2 ? x * x : p === 1 ? x : x ** p);

/** c_ij = distance(x_i, y_j)^p */
export function distanceCosts(mu: Measure, nu: Measure, domain: Domain, p: number): Matrix {
  const { data, ...shape } = distances(mu, nu, domain);
  return { ...shape, data: data.map((distance) => power(distance, p)) };
}
