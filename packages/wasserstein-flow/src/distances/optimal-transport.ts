import { badOption, OverparamError, type Matrix } from '@overparam/core';
import { type Domain } from '../domain.ts';
import { type Measure } from '../measure.ts';

/** Who sends how much to whom, and the proof that no plan is cheaper. */
export interface Transport {
  /** The sum of mass times cost. */
  readonly cost: number;
  /** [i, j, mass], by i and j. */
  readonly plan: readonly (readonly [number, number, number])[];
  /**
   * u and v with u_i + v_j <= c_ij: by duality the cost is at least sum_i a_i u_i + sum_j b_j v_j, which it equals to
   * rounding.
   */
  readonly potentials: { readonly u: readonly number[]; readonly v: readonly number[] };
}

/**
 * The cheapest plan that carries masses a to masses b, exactly: min sum_ij c_ij g_ij over g >= 0 with these row and
 * column sums. Shortest augmenting paths with potentials (J. Edmonds and R. M. Karp, J. ACM 19 (1972)), dense, O(n m) a
 * path and about n + m of them.
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
  const c = costs.data;
  const wrong = c.findIndex((cost) => !Number.isFinite(cost));
  if (wrong >= 0) throw badOption(`costs[${Math.floor(wrong / m)}][${wrong % m}]`, c[wrong], 'a finite number');
  const total = a.reduce((sum, mass) => sum + mass, 0);
  const wanted = b.reduce((sum, mass) => sum + mass, 0);
  if (!(Math.abs(total - wanted) <= 1e-9 * Math.max(total, wanted)))
    throw new OverparamError('UNEQUAL_MASSES', `The masses are ${total} and ${wanted}: a plan carries one mass to the same.`); // prettier-ignore

  const flow = new Float64Array(n * m);
  const supply = Float64Array.from(a);
  const demand = Float64Array.from(b, (mass) => (wanted > 0 ? (mass * total) / wanted : mass));
  // What rounding leaves over in the sums.
  const dust = 1e-15 * total;
  const u = new Float64Array(n);
  const v = new Float64Array(m);
  for (let i = 0; i < n; i++) {
    let least = Infinity;
    for (let j = 0; j < m; j++) least = Math.min(least, c[i * m + j]!);
    u[i] = m > 0 ? least : 0;
  }
  const fromRows = new Float64Array(n);
  const fromColumns = new Float64Array(m);
  const rowBefore = new Int32Array(n);
  const columnBefore = new Int32Array(m);
  const doneRow = new Uint8Array(n);
  const doneColumn = new Uint8Array(m);

  for (;;) {
    if (!supply.some((mass) => mass > dust)) break;
    // Dijkstra from all rows that have mass left, in reduced costs c - u - v >= 0; back along what flows, at cost 0.
    fromColumns.fill(Infinity);
    doneRow.fill(0);
    doneColumn.fill(0);
    for (let i = 0; i < n; i++) {
      fromRows[i] = supply[i]! > dust ? 0 : Infinity;
      rowBefore[i] = -1;
    }
    let end = -1;
    let length = 0;
    while (end < 0) {
      let row = -1;
      let column = -1;
      length = Infinity;
      for (let i = 0; i < n; i++) if (!doneRow[i] && fromRows[i]! < length) [row, length] = [i, fromRows[i]!];
      for (let j = 0; j < m; j++)
        if (!doneColumn[j] && fromColumns[j]! < length) [row, column, length] = [-1, j, fromColumns[j]!];
      if (row >= 0) {
        doneRow[row] = 1;
        for (let j = 0, at = row * m; j < m; j++, at++) {
          if (doneColumn[j]) continue;
          const through = length + Math.max(0, c[at]! - u[row]! - v[j]!);
          if (through < fromColumns[j]!) {
            fromColumns[j] = through;
            columnBefore[j] = row;
          }
        }
      } else if (column >= 0) {
        doneColumn[column] = 1;
        if (demand[column]! > dust) end = column;
        else
          for (let i = 0; i < n; i++)
            if (!doneRow[i] && flow[i * m + column]! > 0 && length < fromRows[i]!) {
              fromRows[i] = length;
              rowBefore[i] = column;
            }
      } else break;
    }
    // Only dust is left on one of the sides.
    if (end < 0) break;
    for (let i = 0; i < n; i++) if (doneRow[i]) u[i]! += length - fromRows[i]!;
    for (let j = 0; j < m; j++) if (doneColumn[j]) v[j]! -= length - fromColumns[j]!;

    let moved = demand[end]!;
    let start = end;
    for (let j = end; ;) {
      const i = columnBefore[j]!;
      const back = rowBefore[i]!;
      if (back < 0) {
        moved = Math.min(moved, supply[i]!);
        start = i;
        break;
      }
      moved = Math.min(moved, flow[i * m + back]!);
      j = back;
    }
    for (let j = end; ;) {
      const i = columnBefore[j]!;
      flow[i * m + j]! += moved;
      const back = rowBefore[i]!;
      if (back < 0) break;
      flow[i * m + back]! -= moved;
      j = back;
    }
    supply[start]! -= moved;
    demand[end]! -= moved;
  }
  return { ...told(flow, c, n, m), potentials: { u: [...u], v: [...v] } };
}

function told(flow: Float64Array, c: Float64Array, n: number, m: number): Pick<Transport, 'cost' | 'plan'> {
  const plan: [number, number, number][] = [];
  let cost = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      const mass = flow[i * m + j]!;
      if (mass > 0) plan.push([i, j, mass]);
      cost += mass * c[i * m + j]!;
    }
  return { cost, plan };
}

/** c_ij = distance(x_i, y_j)^p */
export function distanceCosts(mu: Measure, nu: Measure, domain: Domain, p: number): Matrix {
  const [rows, columns] = [mu.weights.length, nu.weights.length];
  const data = new Float64Array(rows * columns);
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, at++) data[at] = domain.distance(mu.positions[i]!, nu.positions[j]!) ** p;
  return { rows, columns, data };
}
