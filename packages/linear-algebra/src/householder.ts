import { exponentOf, powerOfTwo } from './power-of-two.ts';

/** Sums of squares between these are exact to rounding. */
const SMALL = 2 ** -900;
const LARGE = 2 ** 900;

/**
 * The reflector H = I - tau v v^T with v_0 = 1 that takes x = heap[at .. at + n] to (beta, 0, ..., 0)^T. v overwrites x.
 * Golub and Van Loan, "Matrix Computations", algorithm 5.1.1, with the sign that avoids cancellation.
 */
export function reflect(heap: Float64Array, at: number, n: number): { readonly tau: number; readonly beta: number } {
  let alpha = heap[at]!;
  let rest = sumOfSquares(heap, at + 1, at + n);
  let unscale = (x: number): number => x;
  const size = alpha * alpha + rest;
  if (!(size > SMALL && size < LARGE)) {
    let largest = 0;
    for (let i = at; i < at + n; i++) largest = Math.max(largest, Math.abs(heap[i]!));
    if (largest > 0) {
      const k = exponentOf(largest);
      const scale = powerOfTwo(-k);
      unscale = powerOfTwo(k);
      for (let i = at; i < at + n; i++) heap[i] = scale(heap[i]!);
      alpha = heap[at]!;
      rest = sumOfSquares(heap, at + 1, at + n);
    }
  }
  heap[at] = 1;
  if (rest === 0) {
    heap.fill(0, at + 1, at + n);
    return { tau: 0, beta: unscale(alpha) };
  }
  const beta = alpha > 0 ? -Math.sqrt(alpha * alpha + rest) : Math.sqrt(alpha * alpha + rest);
  const divisor = alpha - beta;
  for (let i = at + 1; i < at + n; i++) heap[i]! /= divisor;
  // (beta - alpha) / beta, for the v that is stored: H is orthogonal whatever the rounding errors of v.
  return { tau: 2 / (1 + sumOfSquares(heap, at + 1, at + n)), beta: unscale(beta) };
}

/** Compensated (Kahan 1965): the rounding errors of equal terms add up instead of cancelling. */
function sumOfSquares(heap: Float64Array, from: number, to: number): number {
  let sum = 0;
  let lost = 0;
  for (let i = from; i < to; i++) {
    const term = heap[i]! * heap[i]! - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return sum;
}

/**
 * T of the compact form H_0 H_1 ... H_{k-1} = I - V T V^T, k x k, upper triangular, row-major, from the Gram matrix of the
 * vectors v. R. Schreiber and C. Van Loan, "A storage-efficient WY representation", SIAM J. Sci. Stat. Comput. 10 (1989).
 */
export function compactFactor(
  heap: Float64Array,
  gram: number,
  k: number,
  tau: Float64Array,
  first: number,
  t: number,
): void {
  for (let j = 0; j < k; j++) {
    const tj = tau[first + j]!;
    for (let i = 0; i < k; i++) {
      let s = 0;
      for (let p = i; p < j; p++) s += heap[t + i * k + p]! * heap[gram + p * k + j]!;
      heap[t + i * k + j] = i < j ? -tj * s : i === j ? tj : 0;
    }
  }
}
