import type { Tensor } from '@tensorflow/tfjs-core';
import { engine } from './engine.ts';
import { flopsOf } from './flops.ts';
import { asArray, list } from './graph.ts';
import type { Recording } from './recording.ts';
import { tap } from './taps.ts';

/** What is known of a call of a loss that cannot be replayed. */
export type Watched = Pick<Recording, 'value' | 'nested' | 'weightWork'>;

/** Calls `loss` once and records nothing: for a step that evaluates it nowhere else. */
export function watch(loss: () => Tensor, variables: readonly Tensor[]): Watched {
  const current = engine();
  /** What is computed of variables alone. */
  const parametric = new Set(variables.map(({ id }) => id));
  const isParametric = ({ id }: Tensor): boolean => parametric.has(id);
  let depth = 0;
  let nested = false;
  let weightWork = 0;
  const value = tap(
    'watching',
    ({ runKernel, clone }) => ({
      runKernel(name, inputs, attrs) {
        depth++;
        let out: Tensor | Tensor[];
        try {
          out = runKernel(name, inputs, attrs);
        } finally {
          depth--;
        }
        if (depth > 0) return out;
        const present = list(inputs).filter((input) => input != null);
        const weights = present.filter(isParametric).length;
        if (weights > 0 && weights === present.length) asArray(out).forEach(({ id }) => parametric.add(id));
        else if (weights > 0) weightWork += weights * flopsOf(name, inputs, out, attrs);
        return out;
      },
      clone(tensor) {
        nested ||= current.state.gradientDepth > 1;
        const copy = clone(tensor);
        if (isParametric(tensor)) parametric.add(copy.id);
        return copy;
      },
    }),
    loss,
  );
  return { value, nested, weightWork };
}
