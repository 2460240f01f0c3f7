const none = -1;

/**
 * A tree over the n rows (nodes 0 to n - 1) and the m columns (the nodes after them) of a plan. Each arc, from a node to
 * its parent, carries mass from a row to a column, and costs u_i + v_j.
 *
 * Masses are whole numbers of grains plus whole numbers of an infinitely small mass, in which rows count 1 and the last
 * column n: so no arc is ever empty, and no exchange of arcs is in vain (A. Orden, Management Science 2 (1956)).
 */
export interface SpanningTree {
  readonly u: Float64Array;
  readonly v: Float64Array;
  readonly grains: Float64Array;
  readonly tiny: Int32Array;
  readonly parent: Int32Array;
  /** Makes a node without a parent the child of another. */
  attach(node: number, parent: number): void;
  /** Sends along the arc from row i to column j, whose reduced cost is given, what the cycle can carry, and drops the arc that becomes empty. */
  exchange(i: number, j: number, reducedCost: number): void;
  /** Calls `visit` with every node below the root, each before its children. */
  descend(root: number, visit: (node: number) => void): void;
}

export function spanningTree(n: number, m: number): SpanningTree {
  const nodes = n + m;
  const [parent, firstChild, next, previous] = [0, 1, 2, 3].map(() => new Int32Array(nodes).fill(none)) as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const depth = new Int32Array(nodes);
  const grains = new Float64Array(nodes);
  const tiny = new Int32Array(nodes);
  const u = new Float64Array(n);
  const v = new Float64Array(m);
  const stack = new Int32Array(nodes);

  const attach = (node: number, to: number): void => {
    const sibling = firstChild[to]!;
    parent[node] = to;
    depth[node] = depth[to]! + 1;
    previous[node] = none;
    next[node] = sibling;
    if (sibling !== none) previous[sibling] = node;
    firstChild[to] = node;
  };
  const detach = (node: number): void => {
    const left = previous[node]!;
    const right = next[node]!;
    if (left === none) firstChild[parent[node]!] = right;
    else next[left] = right;
    if (right !== none) previous[right] = left;
  };
  /** Adds to the potentials of the rows of a subtree, and takes from those of its columns. */
  const shift = (root: number, by: number): void => {
    let top = 0;
    stack[top++] = root;
    while (top > 0) {
      const node = stack[--top]!;
      depth[node] = depth[parent[node]!]! + 1;
      if (node < n) u[node]! += by;
      else v[node - n]! -= by;
      for (let child = firstChild[node]!; child !== none; child = next[child]!) stack[top++] = child;
    }
  };

  return {
    u,
    v,
    grains,
    tiny,
    parent,
    attach,
    exchange(i, j, reducedCost) {
      const column = n + j;
      // Around the cycle mass goes from i to j, and back to i through the tree: the arcs against that lose.
      let out = none;
      let least = Infinity;
      let leastTiny = 0;
      let onRowsSide = false;
      let p = i;
      let q = column;
      while (p !== q) {
        const rowsSide = depth[p]! >= depth[q]!;
        const node = rowsSide ? p : q;
        if (rowsSide) p = parent[p]!;
        else q = parent[q]!;
        if (node < n !== rowsSide || grains[node]! > least) continue;
        if (grains[node] === least && tiny[node]! >= leastTiny) continue;
        out = node;
        least = grains[node]!;
        leastTiny = tiny[node]!;
        onRowsSide = rowsSide;
      }
      for (let x = i; x !== p; x = parent[x]!) {
        grains[x]! += x < n ? -least : least;
        tiny[x]! += x < n ? -leastTiny : leastTiny;
      }
      for (let x = column; x !== p; x = parent[x]!) {
        grains[x]! += x < n ? least : -least;
        tiny[x]! += x < n ? leastTiny : -leastTiny;
      }
      // The part below the dropped arc is hung up by the new one, and the arcs on the way are turned around.
      const root = onRowsSide ? i : column;
      let node = root;
      let above = onRowsSide ? column : i;
      let mass = least;
      let tinyMass = leastTiny;
      for (;;) {
        const oldParent = parent[node]!;
        const oldMass = grains[node]!;
        const oldTiny = tiny[node]!;
        detach(node);
        attach(node, above);
        grains[node] = mass;
        tiny[node] = tinyMass;
        if (node === out) break;
        above = node;
        node = oldParent;
        mass = oldMass;
        tinyMass = oldTiny;
      }
      shift(root, onRowsSide ? reducedCost : -reducedCost);
    },
    descend(root, visit) {
      let top = 0;
      stack[top++] = root;
      while (top > 0) {
        const node = stack[--top]!;
        if (node !== root) visit(node);
        for (let child = firstChild[node]!; child !== none; child = next[child]!) stack[top++] = child;
      }
    },
  };
}
