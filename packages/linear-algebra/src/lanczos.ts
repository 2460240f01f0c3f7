import { badOption } from '@overparam/core';
import { fromRows, type Matrix, matrix } from './matrix.ts';
import { appliedFinite, dot, type Operator } from './operator.ts';
import { toUnitScale } from './power-of-two.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

export interface LanczosOptions {
  /** How many eigenvalues; default 1. */
  readonly count?: number;
  /** The largest (default) or the smallest ones. */
  readonly which?: 'largest' | 'smallest';
  /** A pair is accepted when |A v - lambda v| <= tolerance max |lambda|; default 1e-10. */
  readonly tolerance?: number;
  /** Vectors held at a time; default max(2 count + 10, 20). */
  readonly basis?: number;
  /** Products after which it stops; default 10 n + 100. */
  readonly maxProducts?: number;
  /** Of the first vector; default 1. */
  readonly seed?: number;
}

export interface Lanczos {
  /** The eigenvalues: descending for the largest, ascending for the smallest. */
  readonly values: Float64Array;
  /** Row i is the unit eigenvector of values[i]. */
  readonly vectors: Matrix;
  /** |A v - lambda v| of each, by the recurrence. */
  readonly residualNorms: Float64Array;
  readonly reason: 'converged' | 'maxProducts';
  /** Products A x that were asked for. */
  readonly products: number;
}

/**
 * The largest or smallest eigenvalues of a symmetric operator on R^n, by Lanczos with full reorthogonalisation and thick restarts:
 * K. Wu and H. Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", SIAM J. Matrix Anal. Appl. 22 (2000).
 *
 * A Krylov space shows one vector of an eigenspace: of a multiple eigenvalue, copies may be missing. When the space is exhausted
 * the iteration goes on from a new vector, so with `basis` = n all of them are found.
 *
 * @throws OverparamError BAD_OPTION, SHAPE_MISMATCH, NOT_FINITE (of what the operator returns)
 */
export function lanczos(apply: Operator, n: number, options: LanczosOptions = {}): Lanczos {
  const steps = lanczosSteps(n, options);
  let turn = steps.next();
  while (!turn.done) turn = steps.next(apply(turn.value));
  return turn.value;
}

/** The same as a coroutine, for an operator that another place applies: it yields x, and is sent A x. */
export function* lanczosSteps(n: number, options: LanczosOptions = {}): Generator<Float64Array, Lanczos, Float64Array> {
  const { count = 1, which = 'largest', tolerance = 1e-10, seed = 1, maxProducts = 10 * n + 100 } = options;
  const { basis = Math.max(2 * count + 10, 20) } = options;
  const whole = (name: string, value: number, from: number, to: number): void => {
    if (!Number.isInteger(value) || value < from || value > to)
      throw badOption(name, value, `a whole number from ${from} to ${to}`);
  };
  whole('n', n, 1, 2 ** 31);
  whole('count', count, 1, n);
  whole('basis', basis, Math.min(count + 2, n), 2 ** 31);
  whole('maxProducts', maxProducts, 1, Number.MAX_SAFE_INTEGER);
  if (which !== 'largest' && which !== 'smallest') throw badOption('which', which, '"largest" or "smallest"');
  if (!(tolerance > 0 && tolerance < 1)) throw badOption('tolerance', tolerance, 'a number between 0 and 1');

  const size = Math.min(basis, n);
  const random = uniform(seed);
  let vectors: Float64Array[] = [];
  /** A vector of norm 1 that is orthogonal to all others. */
  const fresh = (): Float64Array => {
    for (;;) {
      const v = Float64Array.from({ length: n }, random);
      orthogonalise(v, vectors);
      if (normalise(v) > 0) {
        orthogonalise(v, vectors);
        if (normalise(v) > 0.5) return v;
      }
    }
  };

  let projected = matrix(size, size);
  let products = 0;
  let largestNorm = 0;
  /** Set by the first product: squares neither overflow nor vanish whatever the size of A. */
  let units: ReturnType<typeof toUnitScale> | undefined;
  let next: Float64Array | undefined = fresh();
  for (;;) {
    let coupling = 0;
    while (next && vectors.length < size && products < maxProducts) {
      const v: Float64Array = next;
      const j = vectors.push(v) - 1;
      const product = yield v;
      const image = appliedFinite('The operator', () => product, v);
      units ??= toUnitScale(image.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
      const w = image.map(units.scale);
      products++;
      largestNorm = Math.max(largestNorm, Math.sqrt(dot(w, w)));
      const coefficients = orthogonalise(w, vectors);
      for (let i = 0; i <= j; i++) projected.data[j * size + i] = coefficients[i]!;
      coupling = normalise(w);
      // An invariant subspace: what is left of w is rounding.
      const exhausted = coupling <= 4 * Number.EPSILON * largestNorm;
      if (exhausted) coupling = 0;
      next = vectors.length === n ? undefined : exhausted ? fresh() : w;
    }

    const held = vectors.length;
    const { values, vectors: weights } = symmetricEigen(leading(projected, held));
    const order = Array.from(values, (_, i) => (which === 'largest' ? held - 1 - i : i));
    const residual = (i: number): number => coupling * Math.abs(weights.data[i * held + held - 1]!);
    const largest = Math.max(Math.abs(values[0]!), Math.abs(values[held - 1]!));
    const wanted = order.slice(0, count);
    const converged = wanted.length === count && wanted.every((i) => residual(i) <= tolerance * largest);
    if (converged || products >= maxProducts) {
      const { unscale } = units!;
      return {
        values: Float64Array.from(wanted, (i) => unscale(values[i]!)),
        vectors: fromRows(combined(vectors, weights, wanted)),
        residualNorms: Float64Array.from(wanted, (i) => unscale(residual(i))),
        reason: converged ? 'converged' : 'maxProducts',
        products,
      };
    }
    // Restart from the best vectors: the wanted ones and half of the others.
    const kept = order.slice(0, Math.min(held - 1, count + Math.ceil((held - count) / 2)));
    vectors = combined(vectors, weights, kept);
    projected = matrix(size, size);
    kept.forEach((i, j) => (projected.data[j * (size + 1)] = values[i]!));
  }
}

/** Subtracts from w its parts along the orthonormal vectors, twice ("twice is enough", Kahan), and returns them. */
function orthogonalise(w: Float64Array, vectors: readonly Float64Array[]): Float64Array {
  const coefficients = new Float64Array(vectors.length);
  for (let pass = 0; pass < 2; pass++) {
    vectors.forEach((v, i) => {
      const h = dot(v, w);
      coefficients[i]! += h;
      for (let p = 0; p < w.length; p++) w[p]! -= h * v[p]!;
    });
  }
  return coefficients;
}

/** Divides w by its norm, unless that is zero, and returns the norm. */
function normalise(w: Float64Array): number {
  const norm = Math.sqrt(dot(w, w));
  if (norm > 0) for (let p = 0; p < w.length; p++) w[p]! /= norm;
  return norm;
}

function leading({ columns, data }: Matrix, n: number): Matrix {
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) out.data.set(data.subarray(i * columns, i * columns + n), i * n);
  return out;
}

/** The sums of `vectors` that have the chosen rows of `weights`. */
function combined(vectors: readonly Float64Array[], weights: Matrix, chosen: readonly number[]): Float64Array[] {
  return chosen.map((i) => {
    const out = new Float64Array(vectors[0]!.length);
    vectors.forEach((v, j) => {
      const weight = weights.data[i * weights.columns + j]!;
      for (let p = 0; p < out.length; p++) out[p]! += weight * v[p]!;
    });
    return out;
  });
}

/** Numbers between -1 and 1: the generator mulberry32. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}
