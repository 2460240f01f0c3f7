import { badOption, others, type LinearizeRequest } from '@overparam/core';

/** The modules: for each name, the indices of its leaves. */
export type Modules = ReadonlyMap<string, readonly number[]>;

/** Names of modules, each with the paths of its arrays or of subtrees that contain them. */
export type ModulePaths = Readonly<Record<string, string | readonly string[]>>;

/**
 * Modules by path. Without paths each array is a module of its own, named by its path. Arrays that no module has are in
 * the module 'others'.
 *
 * @throws OverparamError `BAD_OPTION` for a path that leads nowhere, and for an array in two modules
 */
export function modulesOf(paths: readonly string[], given?: ModulePaths): Modules {
  if (given === undefined) return new Map(paths.map((path, i) => [path, [i]]));
  const owner = new Map<number, string>();
  const modules = new Map<string, number[]>();
  for (const [name, prefixes] of Object.entries(given)) {
    if (name === others) throw badOption('modules', name, `other names: '${others}' are the arrays that no module has`);
    modules.set(name, []);
    for (const prefix of typeof prefixes === 'string' ? [prefixes] : prefixes) {
      const found = paths.flatMap((path, i) => (path === prefix || path.startsWith(`${prefix}.`) ? [i] : []));
      if (found.length === 0) throw badOption(`modules.${name}`, prefix, `a path among ${paths.join(', ')}`);
      for (const i of found) {
        if (owner.has(i))
          throw badOption(`modules.${name}`, prefix, `no array of '${owner.get(i)}': an array is in one module`);
        owner.set(i, name);
        modules.get(name)!.push(i);
      }
    }
  }
  const rest = paths.flatMap((_, i) => (owner.has(i) ? [] : [i]));
  if (rest.length > 0) modules.set(others, rest);
  return modules;
}

/** The leaves of the requested modules, in the order of the weights; all without a request. */
export function chosen(modules: Modules, request?: LinearizeRequest): readonly number[] {
  const names = request?.modules ?? [...modules.keys()];
  return names
    .flatMap((name) => {
      const indices = modules.get(name);
      if (!indices) throw badOption('modules', name, `names among ${[...modules.keys()].join(', ')}`);
      return indices;
    })
    .filter((index, i, all) => all.indexOf(index) === i)
    .sort((a, b) => a - b);
}
