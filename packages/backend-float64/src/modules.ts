import { badOption, OverparamError, type LinearizeRequest } from '@overparam/core';

/** Parameters from the first index up to, and without, the second. */
export type Range = readonly [from: number, to: number];

/** Names for ranges of parameters: what requests go by. */
export type Modules = Readonly<Record<string, Range>>;

/** The modules over P parameters, checked; without any, one named 'parameters'. */
export function checkModules(modules: Modules | undefined, parameters: number): Modules {
  if (modules === undefined) return { parameters: [0, parameters] };
  if (Object.keys(modules).length === 0) throw badOption('modules', '{}', 'at least one name and its range');
  for (const [name, [from, to]] of Object.entries(modules)) {
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= parameters))
      throw badOption(`modules.${name}`, `[${from}, ${to}]`, `a range [from, to] within the ${parameters} parameters`);
  }
  return modules;
}

/**
 * The parameters of the modules that a request names, of all when it names none, as ascending ranges that do not touch.
 * @throws OverparamError `BAD_OPTION`, with the names there are
 */
export function chosen(modules: Modules, request: LinearizeRequest | undefined): readonly Range[] {
  const ranges = (request?.modules ?? Object.keys(modules)).map((name) => {
    if (!Object.hasOwn(modules, name))
      throw badOption('modules', name, `names among ${Object.keys(modules).join(', ')}`);
    return modules[name]!;
  });
  const joined: [number, number][] = [];
  for (const [from, to] of ranges.filter(([from, to]) => from < to).sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** How many parameters the ranges hold. */
export const size = (ranges: readonly Range[]): number => ranges.reduce((sum, [from, to]) => sum + to - from, 0);

/** A copy of v with zeros outside the ranges. */
export function restricted(v: Float64Array, ranges: readonly Range[]): Float64Array {
  const out = new Float64Array(v.length);
  for (const [from, to] of ranges) out.set(v.subarray(from, to), from);
  return out;
}

/** A vector of all P parameters from its entries within the ranges; zero elsewhere. */
export function scattered(entries: Float64Array, ranges: readonly Range[], parameters: number): Float64Array {
  const wanted = size(ranges);
  if (!(entries instanceof Float64Array) || entries.length !== wanted)
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `The direction has ${entries?.length} numbers: it takes a Float64Array of the ${wanted} parameters that were asked for.`,
    );
  const out = new Float64Array(parameters);
  let at = 0;
  for (const [from, to] of ranges) {
    out.set(entries.subarray(at, at + to - from), from);
    at += to - from;
  }
  return out;
}
