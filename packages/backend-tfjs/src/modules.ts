import type { Variable } from '@tensorflow/tfjs-core';
import { badOption } from '@overparam/core';

/** The variables of the named modules, in the order of the variables. */
export function chosen(
  names: readonly string[],
  variables: readonly Variable[],
  modules: Readonly<Record<string, readonly Variable[]>> | undefined,
): Variable[] {
  const all = modules ?? Object.fromEntries(variables.map((variable) => [variable.name, [variable]]));
  const wanted = names.flatMap((name) => {
    if (!Object.hasOwn(all, name)) throw badOption('modules', name, `names among ${Object.keys(all).join(', ')}`);
    return all[name]!;
  });
  return variables.filter((variable) => wanted.includes(variable));
}
