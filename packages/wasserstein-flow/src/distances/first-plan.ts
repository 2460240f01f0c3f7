import { spanningTree, type SpanningTree } from './spanning-tree.ts';

/** A cell of a plan. */
interface Cell {
  readonly i: number;
  readonly j: number;
  readonly grains: number;
  readonly tiny: number;
}

/**
 * A plan whose cells form a tree: row by row, each to the open column of least c_ij - min_k c_kj.
 *
 * @param a whole numbers of grains, and b with the same sum; all > 0
 */
export function firstPlan(a: Float64Array, b: Float64Array, c: Float64Array): SpanningTree {
  const [n, m] = [a.length, b.length];
  const least = new Float64Array(m).fill(Infinity);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < m; j++, at++) if (c[at]! < least[j]!) least[j] = c[at]!;
  const demand = b.slice();
  const tinyDemand = new Int32Array(m);
  tinyDemand[m - 1] = n;
  const open = Array.from(b, (_, j) => j);
  const cells: Cell[] = [];
  for (let i = 0; i < n; i++) {
    let [supply, tiny] = [a[i]!, 1];
    for (let ends = false; !ends;) {
      let best = 0;
      let cheapest = Infinity;
      for (let k = 0; k < open.length; k++) {
        const extra = c[i * m + open[k]!]! - least[open[k]!]!;
        if (extra < cheapest) {
          cheapest = extra;
          best = k;
        }
      }
      const j = open[best]!;
      ends = supply < demand[j]! || (supply === demand[j] && tiny <= tinyDemand[j]!);
      const cell = { i, j, grains: ends ? supply : demand[j]!, tiny: ends ? tiny : tinyDemand[j]! };
      cells.push(cell);
      supply -= cell.grains;
      tiny -= cell.tiny;
      demand[j]! -= cell.grains;
      tinyDemand[j]! -= cell.tiny;
      if (ends) break;
      open[best] = open.at(-1)!;
      open.pop();
    }
  }
  return treeOf(cells, n, m, c);
}

function treeOf(cells: readonly Cell[], n: number, m: number, c: Float64Array): SpanningTree {
  const tree = spanningTree(n, m);
  const { u, v } = tree;
  const at: Cell[][] = Array.from({ length: n + m }, () => []);
  for (const cell of cells) {
    at[cell.i]!.push(cell);
    at[n + cell.j]!.push(cell);
  }
  const seen = new Uint8Array(n + m);
  seen[0] = 1;
  const waiting = [0];
  for (let x = waiting.pop(); x !== undefined; x = waiting.pop())
    for (const { i, j, grains, tiny } of at[x]!) {
      const y = x < n ? n + j : i;
      if (seen[y]) continue;
      seen[y] = 1;
      tree.attach(y, x);
      tree.grains[y] = grains;
      tree.tiny[y] = tiny;
      if (y < n) u[y] = c[i * m + j]! - v[j]!;
      else v[j] = c[i * m + j]! - u[i]!;
      waiting.push(y);
    }
  return tree;
}
