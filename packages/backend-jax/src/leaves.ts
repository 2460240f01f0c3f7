import { badOption } from '@overparam/core';
import { tree, type Array as JaxArray, type JsTree, type JsTreeDef } from '@jax-js/jax';

/** Nested objects and arrays of jax-js arrays, as jax-js's transformations take them. */
export type Tree = JsTree<JaxArray>;

/** The arrays of a tree, in the order of `tree.flatten`. Whoever holds the list owns one reference of each. */
export type Leaves = readonly JaxArray[];

export interface Structure {
  readonly definition: JsTreeDef;
  /** The path of each leaf, its keys joined by '.': `layers.0.kernel`. */
  readonly paths: readonly string[];
}

/** One more reference of each array. */
export const held = (leaves: Leaves): JaxArray[] => leaves.map((leaf) => leaf.ref);

export const free = (leaves: Leaves | undefined): void => leaves?.forEach((leaf) => leaf.dispose());

export const assembled = (definition: JsTreeDef, leaves: Leaves): Tree => tree.unflatten(definition, leaves);

/**
 * The leaves of the weights and their paths.
 *
 * @throws OverparamError `BAD_OPTION` for a tree without arrays, and for arrays of different or of integer types
 */
export function flattened(weights: Tree): { readonly leaves: JaxArray[]; readonly structure: Structure } {
  const [leaves, definition] = tree.flatten<JaxArray>(weights);
  const paths = pathsOf(
    tree.unflatten(
      definition,
      leaves.map((_, i) => i),
    ),
    '',
  );
  if (leaves.length === 0) throw badOption('weights', 'without an array', 'a tree of one array or more');
  leaves.forEach((leaf, i) => {
    if (leaf?.dtype !== 'float32' && leaf?.dtype !== 'float64')
      throw badOption(`weights.${paths[i]}`, leaf?.dtype ?? typeof leaf, 'a float32 or float64 array of jax-js');
    if (leaf.dtype !== leaves[0]!.dtype)
      throw badOption(`weights.${paths[i]}`, leaf.dtype, `${leaves[0]!.dtype}, the type of ${paths[0]}`);
  });
  return { leaves, structure: { definition, paths } };
}

function pathsOf(node: JsTree<number>, path: string): string[] {
  if (typeof node === 'number') return [path || 'weights'];
  return Object.entries(node).flatMap(([key, child]) => pathsOf(child, path ? `${path}.${key}` : key));
}
