import { badOption, OverparamError } from '@overparam/core';

/** Modules are compared within their group: names of modules by group, or the group of a module. */
export type Groups = Readonly<Record<string, readonly string[]>> | ((module: string) => string);

/** The group of each module that may rest. */
export type GroupOf = (module: string) => string;

export interface Grouping {
  readonly groupOf: GroupOf;
  /** The modules that may rest; null for all of the oracle's. */
  readonly candidates: readonly string[] | null;
}

/** @throws OverparamError `BAD_OPTION`, `GROUPS_OVERLAP` */
export function grouping(groups: Groups | null, modules: readonly string[] | null): Grouping {
  if (modules && (!Array.isArray(modules) || modules.length === 0 || new Set(modules).size < modules.length))
    throw badOption('modules', JSON.stringify(modules), 'names of modules, each once');
  if (groups === null) return { groupOf: () => 'all', candidates: modules };
  if (typeof groups === 'function') return { groupOf: named(groups), candidates: modules };
  if (typeof groups !== 'object') throw badOption('groups', groups, 'names of modules by group, or a function');
  const of = new Map<string, string>();
  for (const [group, members] of Object.entries(groups)) {
    if (!Array.isArray(members) || members.length === 0)
      throw badOption(`groups.${group}`, JSON.stringify(members), 'names of modules');
    for (const module of members as readonly string[]) {
      const other = of.get(module);
      if (other !== undefined)
        throw new OverparamError(
          'GROUPS_OVERLAP',
          `The module '${module}' is in the groups '${other}' and '${group}': a module has one group.`,
        );
      of.set(module, group);
    }
  }
  const without = (modules ?? []).filter((module) => !of.has(module));
  if (of.size === 0 || without.length > 0)
    throw badOption('groups', JSON.stringify(groups), `a group for ${without.join(', ') || 'a module'}`);
  return { groupOf: (module) => of.get(module)!, candidates: modules ?? [...of.keys()] };
}

const named =
  (groups: (module: string) => string): GroupOf =>
  (module) => {
    const group: unknown = groups(module);
    if (typeof group === 'string') return group;
    throw badOption(`groups('${module}')`, group, 'the name of a group');
  };
