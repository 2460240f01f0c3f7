import { type Matrix } from '@overparam/core';

/** How the iteration ended. */
export interface Entropic {
  /** Potentials of the rows and the columns. */
  readonly f: Float64Array;
  readonly g: Float64Array;
  readonly iterations: number;
  /** By how much the masses of the plan are off, as a share of all mass. */
  readonly error: number;
}

export interface EntropicOptions {
  readonly epsilon: number;
  /** Stops when the masses of the plan are off by no more than this share. */
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
  const mass = a.reduce((sum, share) => sum + share, 0);
  const f = new Float64Array(n);
  const g = new Float64Array(m);
  const [logA, logB] = [a.map(Math.log), b.map(Math.log)];
  const largest = c.reduce((most, cost) => Math.max(most, cost), 0);
  let eps = Math.max(epsilon, largest);
  for (let iterations = 1; ; iterations++) {
    const k = rho === Infinity ? 1 : rho / (rho + eps);
    // After g's update the columns' masses are right, and the rows' are a_i exp((f_i - next) / eps).
    let off = 0;
    for (let i = 0; i < n; i++) {
      const next = -k * eps * logSumExp(m, (j) => logB[j]! + (g[j]! - c[i * m + j]!) / eps);
      off += a[i]! * Math.abs(Math.expm1((f[i]! - next) / eps));
      f[i] = next;
    }
    for (let j = 0; j < m; j++) g[j] = -k * eps * logSumExp(n, (i) => logA[i]! + (f[i]! - c[i * m + j]!) / eps);
    if (rho < Infinity) {
      const share = (logMasses: readonly number[], potentials: Float64Array): number =>
        logSumExp(logMasses.length, (i) => logMasses[i]! - potentials[i]! / rho);
      const shift = (rho / 2) * (share(logA, f) - share(logB, g));
      for (let i = 0; i < n; i++) f[i]! += shift;
      for (let j = 0; j < m; j++) g[j]! -= shift;
    }
    // In the first iteration g has not met f yet.
    const error = eps === epsilon && iterations > 1 ? off / mass : Infinity;
    if (error <= tolerance || iterations >= maxIterations) return { f, g, iterations, error };
    eps = Math.max(epsilon, eps / 2);
  }
}

/**
 * The potential of a measure and itself, where f = g: f_i <- (f_i - eps log sum_j a_j exp((f_j - c_ij) / eps)) / 2, which
 * converges in a few iterations; the masses a sum to 1 (Feydy et al., arXiv 1810.08278, (25)).
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
    const error = before.reduce((sum, own, i) => sum + a[i]! * Math.abs(Math.expm1((2 * (own - f[i]!)) / epsilon)), 0);
    if (error <= tolerance || iterations >= maxIterations) return { f, iterations, error };
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
