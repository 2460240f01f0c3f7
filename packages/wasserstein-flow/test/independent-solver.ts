import { type Measure } from '@overparam/wasserstein-flow';

/**
 * An independent solver of 1/2 |y - y*|^2 + lambda |mu| on the circle with Dirichlet's kernel K, in terms of the kernel
 * alone, with code of its own: FISTA with restarts on a fine grid, each cluster of spikes made one, and then Newton's method
 * for eta(x_i) = s_i, eta'(x_i) = 0, with the Jacobian written out.
 */
export function independentOptimum(truth: Measure, cutoff: number, lambda: number): { measure: Measure; J: number } {
  const K = (t: number, order: 0 | 1 | 2): number => {
    let sum = order === 0 ? 1 : 0;
    for (let k = 1; k <= cutoff; k++)
      sum += 2 * (order === 0 ? Math.cos(k * t) : order === 1 ? -k * Math.sin(k * t) : -k * k * Math.cos(k * t));
    return sum;
  };
  const spikes = truth.positions.map(([x]) => x!);
  const n = 120;
  const grid = Array.from({ length: n }, (_, i) => (2 * Math.PI * i) / n);
  const kernel = grid.map((x) => K(x, 0));
  const b = grid.map((x) => spikes.reduce((sum, z, j) => sum + truth.weights[j]! * K(x - z, 0), 0));
  const L = kernel.reduce((sum, v) => sum + Math.abs(v), 0);

  let w = grid.map(() => 0);
  let z = w;
  let t = 1;
  for (let iteration = 0; iteration < 10_000; iteration++) {
    // Only few entries are not 0: the product costs n times as many.
    const support = z.flatMap((v, i) => (v === 0 ? [] : [i]));
    const next = z.map((v, i) => {
      let g = -b[i]!;
      for (const j of support) g += kernel[(i - j + n) % n]! * z[j]!;
      const u = v - g / L;
      return Math.sign(u) * Math.max(0, Math.abs(u) - lambda / L);
    });
    const restart = z.reduce((sum, v, i) => sum + (v - next[i]!) * (next[i]! - w[i]!), 0) > 0;
    const T = restart ? 1 : (1 + Math.sqrt(1 + 4 * t * t)) / 2;
    const momentum = restart ? 0 : (t - 1) / T;
    z = next.map((v, i) => v + momentum * (v - w[i]!));
    const settled = next.every((v, i) => Math.abs(v - w[i]!) < 1e-12);
    w = next;
    t = T;
    if (settled) break;
  }

  // Neighbours on the grid stand for one spike between them.
  const clusters: { x: number; a: number }[] = [];
  const first = w.indexOf(0);
  for (let k = 0; k < n; k++) {
    const i = (first + k) % n;
    const a = w[i]!;
    if (Math.abs(a) < 1e-7) continue;
    const x = grid[i]! + (i < first ? 2 * Math.PI : 0);
    const last = clusters.at(-1);
    if (last && Math.sign(last.a) === Math.sign(a) && x - last.x < 2.5 * ((2 * Math.PI) / n)) {
      last.x = (last.a * last.x + a * x) / (last.a + a);
      last.a += a;
    } else clusters.push({ x, a });
  }

  let x = clusters.map((c) => c.x);
  let a = clusters.map((c) => c.a);
  const signs = a.map(Math.sign);
  const m = x.length;
  for (let step = 0; step < 20; step++) {
    const g = (order: 0 | 1 | 2, at: number): number =>
      a.reduce((sum, v, j) => sum + v * K(at - x[j]!, order), 0) -
      spikes.reduce((sum, s, j) => sum + truth.weights[j]! * K(at - s, order), 0);
    const rows = x.flatMap((xi, i) => {
      const values = [...x.map((xj) => K(xi - xj, 0)), ...x.map((xj, j) => -a[j]! * K(xi - xj, 1))];
      const slopes = [...x.map((xj) => K(xi - xj, 1)), ...x.map((xj, j) => -a[j]! * K(xi - xj, 2))];
      values[m + i]! += g(1, xi);
      slopes[m + i]! += g(2, xi);
      return [
        [...values, -(g(0, xi) + lambda * signs[i]!)],
        [...slopes, -g(1, xi)],
      ];
    });
    const by = eliminated(rows);
    a = a.map((v, i) => v + by[i]!);
    x = x.map((v, i) => v + by[m + i]!);
  }
  const all = [...x.map((v, i) => [v, a[i]!] as const), ...spikes.map((v, j) => [v, -truth.weights[j]!] as const)];
  const square = all.reduce((sum, [u, p]) => sum + all.reduce((inner, [v, q]) => inner + p * q * K(u - v, 0), 0), 0);
  const J = square / 2 + lambda * a.reduce((sum, v) => sum + Math.abs(v), 0);
  return { measure: { positions: x.map((v) => [v]), weights: a }, J };
}

/** Gauss's elimination with row exchanges; the last column is the right side. */
function eliminated(rows: number[][]): number[] {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  }
  const out = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--)
    out[i] = (rows[i]![n]! - rows[i]!.slice(0, n).reduce((sum, v, j) => sum + v * out[j]!, 0)) / rows[i]![i]!;
  return out;
}
