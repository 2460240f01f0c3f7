import type { Variable } from '@tensorflow/tfjs-core';
import type { InputGrams } from './gram.ts';
import type { Outcome } from './outcome.ts';
import type { Structure } from './structure.ts';

/** What J is made of. */
export interface JacobianSource {
  readonly structure: Structure;
  readonly variables: readonly Variable[];
  readonly outcome: Outcome;
  /** The variables that the graph's result depends on, by index. */
  readonly connected: ReadonlySet<number>;
  /** Bytes that sensitivities, and rows or slices of J, may take. */
  readonly memory: number;
  readonly known: InputGrams;
}
