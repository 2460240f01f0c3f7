import * as jax from '@jax-js/jax';
import type { Array as JaxArray } from '@jax-js/jax';

// The transformations of jax-js with types that this package can write: their own types infer trees of arrays from
// functions that are known where they are called.

/** f and its gradient in the first argument. */
export const valueAndGrad = jax.valueAndGrad as unknown as <A extends unknown[]>(
  f: (...inputs: A) => JaxArray,
) => (...inputs: A) => [JaxArray, A[0]];

/** The gradient in the first argument. */
export const grad = jax.grad as unknown as <A extends unknown[]>(
  f: (...inputs: A) => JaxArray,
) => (...inputs: A) => A[0];

/** The value at x and the vector-Jacobian product u -> [J^T u]. */
export const vjp = jax.vjp as unknown as <X>(
  f: (x: X) => JaxArray,
  at: [X],
) => [JaxArray, ((u: JaxArray) => [X]) & { dispose(): void }];

/** The value at x and the Jacobian-vector product J v. */
export const jvp = jax.jvp as unknown as <X>(f: (x: X) => JaxArray, at: [X], along: [X]) => [JaxArray, JaxArray];

/** f at each row of its first argument. */
export const overRows =
  <A extends unknown[], Out>(f: (row: JaxArray, ...same: A) => Out) =>
  (rows: JaxArray, ...same: A): Out =>
    (jax.vmap as unknown as (g: typeof f, axes: (number | null)[]) => typeof f)(f, [0, ...same.map(() => null)])(
      rows,
      ...same,
    );
