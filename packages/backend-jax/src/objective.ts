import { numpy as np, type Array as JaxArray } from '@jax-js/jax';
import { assembled, held, type Leaves, type Structure, type Tree } from './leaves.ts';
import { valueAndGrad } from './transforms.ts';

/** f of the trained arrays, the resting ones and the batch. Like all functions of jax-js it takes over its arguments. */
export type Objective = (active: JaxArray[], resting: JaxArray[], batch: Tree) => JaxArray;

/** A function of the weights as a function of the trained arrays, at these indices, and of the others. */
export function split<Out>(
  { definition, paths }: Structure,
  active: readonly number[],
  f: (weights: Tree, batch: Tree) => Out,
): (active: JaxArray[], resting: JaxArray[], batch: Tree) => Out {
  const order = paths.map((_, i) => active.indexOf(i));
  return (trained, resting, batch) => {
    let others = 0;
    const leaves = order.map((k) => (k < 0 ? resting[others++]! : trained[k]!));
    return f(assembled(definition, leaves), batch);
  };
}

/** f and its gradient in the trained arrays. */
export function differentiated(
  f: Objective,
  active: JaxArray[],
  resting: JaxArray[],
  batch: Tree,
): readonly [JaxArray, JaxArray[]] {
  if (active.length === 0) return [f([], resting, batch), []];
  return valueAndGrad(f)(active, resting, batch);
}

/** <a, b> as an array of no dimensions, from one reference of each. Summed per array, then over the arrays. */
export const inner = (a: Leaves, b: Leaves): JaxArray =>
  a.map((x, i) => x.mul(b[i]!).sum()).reduce((sum, x) => sum.add(x), np.array(0));

/** <a, a>, and keeps a. */
export const squaredNorm = (a: Leaves): JaxArray => inner(held(a), held(a));

/** w + step v, from one reference of each; `step` is kept. */
export const plus = (w: Leaves, step: JaxArray, v: Leaves): JaxArray[] => w.map((x, i) => x.add(v[i]!.mul(step.ref)));

/** A vector of numbers that are arrays of no dimensions, to be read at once. */
export const together = (numbers: JaxArray[], type: 'float32' | 'float64'): JaxArray =>
  np.stack(numbers.map((x) => x.astype(np[type])));
