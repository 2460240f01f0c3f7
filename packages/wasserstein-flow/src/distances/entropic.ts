import { type Matrix } from '@overparam/core';

/** How the iteration ended. */
export interface Entropic {
  /** Potentials of the rows and the columns. */
  readonly f: Float64Array;
  readonly g: Float64Array;
  readonly iterations: number;
  /** The largest change of a potential in the last iteration. */
  readonly change: number;
}

export interface EntropicOptions {
  readonly epsilon: number;
  /** Stops when no potential changes by more than this. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** rho of the penalties rho KL(marginal | mass); Infinity asks for the masses themselves. */
  readonly rho: number;
}

/**
 * Sinkhorn's iteration on potentials, in the logarithmic domain, from a large epsilon down to the one asked for:
 * f_i <- -k eps log sum_j b_j exp((g_j - c_ij) / eps), and the same for g, with k = rho / (rho + eps).
 * Chizat, Peyré, Schmitzer and Vialard, Math. Comp. 87 (2018); k = 1 is Sinkhorn's own. For k < 1 the best constant is moved
 * from g to f after each iteration, without which the total mass converges like (1 - eps / rho)^iterations; Séjourné, Vialard
 * and Peyré, AISTATS 2022, arXiv 2201.00730.
 */
export function entropic(
  a: readonly number[],
  b: readonly number[],
  costs: Matrix,
  { epsilon, tolerance, maxIterations, rho }: EntropicOptions,
): Entropic {
  const [n, m] = [a.length, b.length];
  const c = costs.data;
  const f = new Float64Array(n);
  const g = new Float64Array(m);
  const [logA, logB] = [a.map(Math.log), b.map(Math.log)];
  const largest = c.reduce((most, cost) => Math.max(most, cost), 0);
  let eps = Math.max(epsilon, largest);
  for (let iterations = 1; ; iterations++) {
    const k = rho === Infinity ? 1 : rho / (rho + eps);
    let change = 0;
    for (let i = 0; i < n; i++) {
      const next = -k * eps * logSumExp(m, (j) => logB[j]! + (g[j]! - c[i * m + j]!) / eps);
      change = Math.max(change, Math.abs(next - f[i]!));
      f[i] = next;
    }
    for (let j = 0; j < m; j++) {
      const next = -k * eps * logSumExp(n, (i) => logA[i]! + (f[i]! - c[i * m + j]!) / eps);
      change = Math.max(change, Math.abs(next - g[j]!));
      g[j] = next;
    }
    if (rho < Infinity) {
      const share = (masses: readonly number[], potentials: Float64Array): number =>
        masses.reduce((sum, mass, i) => sum + mass * Math.exp(-potentials[i]! / rho), 0);
      const shift = (rho / 2) * Math.log(share(a, f) / share(b, g));
      for (let i = 0; i < n; i++) f[i]! += shift;
      for (let j = 0; j < m; j++) g[j]! -= shift;
    }
    const arrived = eps === epsilon && change <= tolerance;
    if (arrived || iterations >= maxIterations)
      return { f, g, iterations, change: eps === epsilon ? change : Infinity };
    eps = Math.max(epsilon, eps / 2);
  }
}

/**
 * The potential of a measure and itself, where f = g: f_i <- (f_i - eps log sum_j a_j exp((f_j - c_ij) / eps)) / 2, which
 * converges in a few iterations (Feydy et al., arXiv 1810.08278, (25)).
 */
export function symmetricEntropic(
  a: readonly number[],
  costs: Matrix,
  { epsilon, tolerance, maxIterations }: Omit<EntropicOptions, 'rho'>,
): Omit<Entropic, 'g'> {
  const n = a.length;
  const logA = a.map(Math.log);
  let f = new Float64Array(n);
  for (let iterations = 1; ; iterations++) {
    const before = f;
    f = before.map(
      (own, i) => (own - epsilon * logSumExp(n, (j) => logA[j]! + (before[j]! - costs.data[i * n + j]!) / epsilon)) / 2,
    );
    const change = f.reduce((most, value, i) => Math.max(most, Math.abs(value - before[i]!)), 0);
    if (change <= tolerance || iterations >= maxIterations) return { f, iterations, change };
  }
}

function logSumExp(count: number, term: (k: number) => number): number {
  let largest = -Infinity;
  for (let k = 0; k < count; k++) largest = Math.max(largest, term(k));
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.exp(term(k) - largest);
  return largest + Math.log(sum);
}
