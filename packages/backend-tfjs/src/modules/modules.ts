import type { Variable } from '@tensorflow/tfjs-core';
import { OverparamError, badOption, others } from '@overparam/core';
import { complement, merged, type Part, type Range, type Selection } from './part.ts';

/** The indices from `start` to `start + size - 1` of a variable along an axis. */
export interface VariableSlice {
  readonly variable: Variable;
  readonly axis: number;
  readonly start: number;
  readonly size: number;
}

/** Modules by the places of their variables in a list of these: plain data that outlives the variables. */
export type ModulesByPlace = Readonly<
  Record<string, readonly (number | readonly [place: number, axis: number, start: number, size: number])[]>
>;

export const byPlace = (modules: Modules, variables: readonly Variable[]): ModulesByPlace =>
  Object.fromEntries(
    Object.entries(modules).map(([name, members]) => [
      name,
      members.map((member) =>
        isSlice(member)
          ? ([variables.indexOf(member.variable), member.axis, member.start, member.size] as const)
          : variables.indexOf(member),
      ),
    ]),
  );

/** @throws OverparamError `STATE_MISMATCH` where the list is too short */
export const atPlaces =
  (modules: ModulesByPlace) =>
  (variables: readonly Variable[]): Modules => {
    const variableAt = (name: string, place: number): Variable => {
      const variable = variables[place];
      if (variable) return variable;
      throw new OverparamError(
        'STATE_MISMATCH',
        `The saved module '${name}' has a parameter that is not among the ${variables.length} of this model: restore it with the model it was saved with.`,
      );
    };
    return Object.fromEntries(
      Object.entries(modules).map(([name, members]) => [
        name,
        members.map((member) => {
          if (typeof member === 'number') return variableAt(name, member);
          const [place, axis, start, size] = member;
          return { variable: variableAt(name, place), axis, start, size };
        }),
      ]),
    );
  };

/** Names for parts of the parameters, each with the variables, or slices of variables, that it is made of. */
export type Modules = Readonly<Record<string, readonly (Variable | VariableSlice)[]>>;

/** Modules, or how they are made of the variables that are minimized over. */
export type ModulesOption = Modules | ((variables: readonly Variable[]) => Modules);

/** The modules of a list of variables. */
export interface ModulesOfVariables {
  /** {@link others} is the last where a variable, or part of one, is in no module. */
  readonly names: readonly string[];
  /**
   * What the named modules hold; everything when there are no names.
   * @throws OverparamError `BAD_OPTION` for a name that there is not
   */
  selection(names: readonly string[] | undefined): Selection;
}

/**
 * Checks the modules, and finds what of any list of variables they hold.
 * @throws OverparamError `BAD_OPTION`, `MODULES_OVERLAP`; from the function `UNKNOWN_PARAMETER`
 */
export function partition(modules: ModulesOption | undefined): (variables: readonly Variable[]) => ModulesOfVariables {
  if (typeof modules === 'object') checkModules(modules);
  const of = (variables: readonly Variable[]): Modules | undefined => {
    if (typeof modules !== 'function') return modules;
    const made = modules(variables);
    checkModules(made);
    return made;
  };
  let last: { readonly variables: readonly Variable[]; readonly known: ModulesOfVariables } | undefined;
  return (variables) => {
    const same =
      last?.variables.length === variables.length && variables.every((variable, i) => variable === last!.variables[i]);
    if (!same) last = { variables, known: modulesOfVariables(of(variables), variables) };
    return last!.known;
  };
}

function modulesOfVariables(modules: Modules | undefined, variables: readonly Variable[]): ModulesOfVariables {
  const everything: Selection = new Map(variables.map((_, i) => [i, undefined]));
  const parts = new Map<string, Selection>();
  if (!modules) variables.forEach(({ name }, i) => parts.set(name, new Map([[i, undefined]])));
  else {
    const index = new Map(variables.map((variable, i) => [variable, i]));
    for (const [name, members] of Object.entries(modules))
      parts.set(name, union(members.map((member) => located(name, member, index))));
    const rest = leftOver(variables, union([...parts.values()]));
    if (rest.size > 0) parts.set(others, rest);
  }
  const names = [...parts.keys()];
  return {
    names,
    selection(chosen) {
      if (!chosen) return everything;
      const unknown = chosen.find((name) => !parts.has(name));
      if (unknown !== undefined) throw badOption('modules', unknown, `names among ${names.join(', ')}`);
      const all = whole(union(chosen.map((name) => parts.get(name)!)), variables);
      return new Map([...all].sort(([a], [b]) => a - b));
    },
  };
}

const isSlice = (member: Variable | VariableSlice): member is VariableSlice => !('assign' in member);

function located(name: string, member: Variable | VariableSlice, index: ReadonlyMap<Variable, number>): Selection {
  const variable = isSlice(member) ? member.variable : member;
  const i = index.get(variable);
  if (i === undefined)
    throw new OverparamError(
      'UNKNOWN_PARAMETER',
      `The module '${name}' has the variable '${variable.name}', which is not among those that are minimized over: leave it out, or make it trainable.`,
    );
  return new Map([[i, isSlice(member) ? partOf(member) : undefined]]);
}

const partOf = ({ variable: { shape }, axis, start, size }: VariableSlice): Part =>
  size === shape[axis] ? undefined : { axis, ranges: [[start, start + size]] };

/** What one of them holds or another. The axes agree, for slices along different ones overlap. */
function union(each: readonly Selection[]): Selection {
  const ranges = new Map<number, Range[] | undefined>();
  const axes = new Map<number, number>();
  for (const wanted of each)
    for (const [i, part] of wanted) {
      if (!part) ranges.set(i, undefined);
      else if (!ranges.has(i) || ranges.get(i)) {
        ranges.set(i, [...(ranges.get(i) ?? []), ...part.ranges]);
        axes.set(i, part.axis);
      }
    }
  return new Map(
    [...ranges].map(([i, all]) => [i, all && ({ axis: axes.get(i)!, ranges: merged(all) } satisfies Part)]),
  );
}

/** Ranges that are all of a variable, as such. */
const whole = (wanted: Selection, variables: readonly Variable[]): Selection =>
  new Map([...wanted].map(([i, part]) => [i, part && left(part, variables[i]!).length === 0 ? undefined : part]));

const left = ({ axis, ranges }: NonNullable<Part>, { shape }: Variable): Range[] => complement(ranges, shape[axis]!);

function leftOver(variables: readonly Variable[], held: Selection): Selection {
  return new Map(
    variables.flatMap((variable, i): [number, Part][] => {
      if (!held.has(i)) return [[i, undefined]];
      const part = held.get(i);
      const rest = part ? left(part, variable) : [];
      return rest.length > 0 ? [[i, { axis: part!.axis, ranges: rest }]] : [];
    }),
  );
}

/** @throws OverparamError `BAD_OPTION`, `MODULES_OVERLAP` */
export function checkModules(modules: Modules): void {
  if (Object.keys(modules ?? {}).length === 0) throw badOption('modules', '{}', 'at least one name and its variables');
  const claims = new Map<Variable, { readonly name: string; readonly slice: VariableSlice | undefined }[]>();
  for (const [name, members] of Object.entries(modules)) {
    if (name === others)
      throw badOption('modules', name, 'names but this one, which is what no module has: leave it out');
    if (!Array.isArray(members) || members.length === 0)
      throw badOption(
        `modules['${name}']`,
        members?.length === 0 ? 'empty' : members,
        'one variable or slice, or more',
      );
    for (const member of members as readonly (Variable | VariableSlice)[]) {
      const slice = isSlice(member) ? checkedSlice(name, member) : undefined;
      const variable = slice?.variable ?? (member as Variable);
      const before = claims.get(variable) ?? [];
      const other = before.find((one) => overlap(one.slice, slice));
      if (other)
        throw new OverparamError(
          'MODULES_OVERLAP',
          `The variable '${variable.name}'${shown(slice)} is in the modules '${other.name}'${shown(other.slice)} and '${name}': a parameter has one module.`,
        );
      claims.set(variable, [...before, { name, slice }]);
    }
  }
}

function checkedSlice(name: string, slice: VariableSlice): VariableSlice {
  const { variable, axis, start, size } = slice;
  const option = `modules['${name}'], the slice of '${variable.name}'`;
  if (!(Number.isInteger(axis) && axis >= 0 && axis < variable.rank))
    throw badOption(option, `along axis ${axis}`, `an axis from 0 to ${variable.rank - 1}`);
  const length = variable.shape[axis]!;
  if (!(Number.isInteger(start) && Number.isInteger(size) && start >= 0 && size >= 1 && start + size <= length))
    throw badOption(option, `${size} from ${start} on`, `one index or more within the ${length} of axis ${axis}`);
  return slice;
}

/** Slices along different axes always meet. */
const overlap = (a: VariableSlice | undefined, b: VariableSlice | undefined): boolean =>
  !a || !b || a.axis !== b.axis || (a.start < b.start + b.size && b.start < a.start + a.size);

const shown = (slice: VariableSlice | undefined): string =>
  slice ? ` (axis ${slice.axis}, ${slice.start} to ${slice.start + slice.size - 1})` : '';
