import { jit, tree, type Array as JaxArray, type JsTree, type OwnedFunction } from '@jax-js/jax';

/** A function compiled by jax-js. It takes over the arrays that it is given. */
export type Program = OwnedFunction<(...inputs: JsTree<JaxArray>[]) => JsTree<JaxArray>>;

/** Compiled functions by name. The least recently used are let go when there are more than `most`. */
export interface Programs {
  <Out extends JsTree<JaxArray>>(
    name: string,
    make: () => (...inputs: never[]) => Out,
  ): (...inputs: JsTree<JaxArray>[]) => Out;
  dispose(): void;
}

/**
 * Each combination of trained modules has programs of its own, compiled at first use.
 *
 * @param most how many are kept
 */
export function programs(most = 256): Programs {
  const kept = new Map<string, Program>();
  const get = <Out extends JsTree<JaxArray>>(name: string, make: () => (...inputs: never[]) => Out) => {
    const program = kept.get(name) ?? (jit(make() as never) as unknown as Program);
    kept.delete(name);
    kept.set(name, program);
    if (kept.size > most) {
      const [oldest, unused] = kept.entries().next().value!;
      kept.delete(oldest);
      unused.dispose();
    }
    return (...inputs: JsTree<JaxArray>[]) => takenOver(inputs, () => program(...inputs) as Out);
  };
  return Object.assign(get, {
    dispose: () => {
      kept.forEach((program) => program.dispose());
      kept.clear();
    },
  });
}

/** Calls a function that takes over its inputs, and takes them over when it throws, too. */
function takenOver<Out>(inputs: JsTree<JaxArray>[], call: () => Out): Out {
  const after = new Map<JaxArray, number>();
  for (const array of tree.leaves<JaxArray>(inputs)) after.set(array, (after.get(array) ?? array.refCount) - 1);
  try {
    return call();
  } catch (error) {
    for (const [array, count] of after) while (array.refCount > count) array.dispose();
    throw error;
  }
}
