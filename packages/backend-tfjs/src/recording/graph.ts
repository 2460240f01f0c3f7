import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import type { CustomGradient, Inputs } from './engine.ts';

/** Where a tensor came from: a variable, an output of a step, or anything that does not depend on the variables. */
export type Source = { readonly variable: number } | { readonly step: number; readonly output: number } | Constant;

export interface Constant {
  readonly constant: Tensor;
  /** It holds data that depend on the variables, but came by a way that is not recorded. */
  readonly untracked: boolean;
}

export interface Step {
  readonly name: string;
  readonly inputs: Inputs<Source>;
  readonly attrs: NamedAttrMap | undefined;
  /** How many outputs it has. */
  readonly outputs: number;
  /** False when the kernel gave one of its inputs back: then the output is not the step's to free. */
  readonly owned: boolean;
}

/** The steps from `start` to `end` belong to an operation with a gradient of its own. */
export interface Custom {
  readonly start: number;
  readonly end: number;
  readonly inputs: { readonly [name: string]: Source };
  readonly output: { readonly step: number; readonly output: number };
  readonly saved: readonly Source[];
  readonly backwardsFunc: CustomGradient['backwardsFunc'];
}

/** The steps that lead to a result, and what they computed. */
export interface Graph {
  readonly steps: readonly Step[];
  readonly customs: readonly Custom[];
  /** The steps that the result needs, first to last. */
  readonly order: readonly number[];
  readonly result: Source;
  /** What it was when it was recorded; the tensor is lent. */
  valueOf(source: Source): Tensor;
}

export const asArray = (out: Tensor | Tensor[]): Tensor[] => (Array.isArray(out) ? out : [out]);

export const list = <T>(inputs: Inputs<T>): readonly (T | undefined)[] =>
  Object.values(inputs).flat() as (T | undefined)[];

export function mapInputs<A, B>(inputs: Inputs<A>, f: (input: A) => B): Inputs<B> {
  const map = (input: A | undefined): B | undefined => (input == null ? undefined : f(input));
  if (Array.isArray(inputs)) return (inputs as readonly A[]).map(map);
  return Object.fromEntries(
    Object.entries(inputs as Record<string, A | readonly A[] | undefined>).map(([name, input]) => [
      name,
      Array.isArray(input) ? (input as readonly A[]).map(f) : map(input as A | undefined),
    ]),
  );
}
