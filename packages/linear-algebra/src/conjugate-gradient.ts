import { badOption } from '@overparam/core';
import { checkVector } from './check.ts';
import { applied, dot, type Operator } from './operator.ts';
import { toUnitScale } from './power-of-two.ts';

export interface ConjugateGradientOptions {
  /** r -> M^-1 r for a positive definite M near A; default r. */
  readonly preconditioner?: Operator;
  /** Where to begin; default 0. */
  readonly start?: Float64Array;
  /** Stops when |b - A x| <= tolerance |b|; default 1e-10. */
  readonly tolerance?: number;
  /** Default 10 n + 10: rounding may want more than n. */
  readonly maxIterations?: number;
}

export interface ConjugateGradient {
  readonly solution: Float64Array;
  /**
   * converged: the true residual, computed anew, is within the tolerance. maxIterations. indefinite: A has a direction of
   * curvature zero or less. indefinitePreconditioner: M has. stagnated: rounding keeps the true residual from falling any further.
   * nonFinite: a product held a number that is not finite. Except for `converged`, the solution is the last iterate before that.
   */
  readonly reason:
    'converged' | 'maxIterations' | 'indefinite' | 'indefinitePreconditioner' | 'stagnated' | 'nonFinite';
  readonly iterations: number;
  /** |b - A x|: of the recurrence, or true where the reason is `converged` or `stagnated`. */
  readonly residualNorm: number;
}

/**
 * Solves A x = b for a symmetric positive definite operator by preconditioned conjugate gradients: M. R. Hestenes and E. Stiefel,
 * "Methods of conjugate gradients for solving linear systems", J. Res. Natl. Bur. Stand. 49 (1952). When the residual of the
 * recurrence is small enough, the true one is computed; if it is not, the iteration goes on from it.
 *
 * @throws OverparamError BAD_OPTION, SHAPE_MISMATCH, NOT_FINITE (of b or start)
 */
export function conjugateGradient(
  apply: Operator,
  b: Float64Array,
  options: ConjugateGradientOptions = {},
): ConjugateGradient {
  const steps = conjugateGradientSteps(b, options);
  let turn = steps.next();
  while (!turn.done) turn = steps.next(apply(turn.value));
  return turn.value;
}

/** The same as a coroutine, for an operator that another place applies: it yields x, and is sent A x. */
export function* conjugateGradientSteps(
  b: Float64Array,
  options: ConjugateGradientOptions = {},
): Generator<Float64Array, ConjugateGradient, Float64Array> {
  const n = b.length;
  const { preconditioner, start, tolerance = 1e-10, maxIterations = 10 * n + 10 } = options;
  if (!(tolerance > 0 && tolerance < 1)) throw badOption('tolerance', tolerance, 'a number between 0 and 1');
  if (!Number.isInteger(maxIterations) || maxIterations < 0)
    throw badOption('maxIterations', maxIterations, 'a whole number, zero or more');
  const { scale, unscale } = toUnitScale(checkVector('b', b, n));
  if (start) checkVector('start', start, n);
  const target = b.map(scale);
  const x = start ? start.map(scale) : new Float64Array(n);
  const goal = tolerance * Math.sqrt(dot(target, target));
  const r = new Float64Array(n);
  let p = new Float64Array(n);
  let iterations = 0;
  const end = (reason: ConjugateGradient['reason'], residualNorm: number): ConjugateGradient => ({
    solution: x.map(unscale),
    reason,
    iterations,
    residualNorm: unscale(residualNorm),
  });
  if (goal === 0) {
    x.fill(0);
    return end('converged', 0);
  }

  const image = (v: Float64Array, av: Float64Array): Float64Array => applied('The operator', () => av, v);
  let before = Infinity;
  for (;;) {
    // From the true residual.
    const ax = start || iterations > 0 ? image(x, yield x) : undefined;
    for (let i = 0; i < n; i++) r[i] = target[i]! - (ax ? ax[i]! : 0);
    let norm = Math.sqrt(dot(r, r));
    if (!Number.isFinite(norm)) return end('nonFinite', norm);
    if (norm <= goal) return end('converged', norm);
    if (norm > before / 2) return end('stagnated', norm);
    before = norm;

    let rho = 0;
    for (let first = true; norm > goal; first = false) {
      if (iterations >= maxIterations) return end('maxIterations', norm);
      const z: Float64Array = preconditioner ? applied('The preconditioner', preconditioner, r) : r;
      const product = dot(r, z);
      if (!Number.isFinite(product)) return end('nonFinite', norm);
      if (product <= 0) return end('indefinitePreconditioner', norm);
      const beta = first ? 0 : product / rho;
      rho = product;
      p = p.map((pi, i) => z[i]! + beta * pi);
      const q: Float64Array = image(p, yield p);
      const curvature = dot(p, q);
      const step = rho / curvature;
      if (!Number.isFinite(curvature)) return end('nonFinite', norm);
      if (!(curvature > 0 && step < Infinity)) return end('indefinite', norm);
      let squared = 0;
      for (let i = 0; i < n; i++) {
        r[i]! -= step * q[i]!;
        squared += r[i]! * r[i]!;
      }
      if (!Number.isFinite(squared)) return end('nonFinite', norm);
      for (let i = 0; i < n; i++) x[i]! += step * p[i]!;
      norm = Math.sqrt(squared);
      iterations++;
    }
  }
}
