import { badOption } from '@overparam/core';

interface Range {
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
  readonly whole?: true;
}

/** The number that an option gives. */
export function numberIn(name: string, text: string | undefined, range: Range = {}): number {
  const value = Number(text);
  const { least = -Infinity, above = -Infinity, most = Infinity, whole } = range;
  const fits = value >= least && value > above && value <= most && (!whole || Number.isInteger(value));
  if (text?.trim() && Number.isFinite(value) && fits) return value;
  const bounds = [
    least > -Infinity ? `>= ${least}` : '',
    above > -Infinity ? `> ${above}` : '',
    most < Infinity ? `<= ${most}` : '',
  ].filter(Boolean);
  throw badOption(`--${name}`, text, `a ${whole ? 'whole ' : ''}number ${bounds.join(' and ')}`.trimEnd());
}

/** `0.1,1`, each number once. */
export function numbersIn(name: string, text: string | undefined, range: Range = {}): readonly number[] {
  const numbers = (text ?? '').split(',').map((part) => numberIn(name, part, range));
  return [...new Set(numbers)];
}

/** `0`, `0,1,2` or `0-4`. */
export function seedsIn(name: string, text: string | undefined): readonly number[] {
  const seeds = (text ?? '').split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to - from > 999 || to > 2 ** 31)
      throw badOption(`--${name}`, text, 'whole numbers >= 0, as in 0 or 0,1,2 or 0-4');
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(seeds)];
}

/** One of a list of names. */
export function oneOf<Name extends string>(name: string, text: string | undefined, names: readonly Name[]): Name {
  const found = names.find((known) => known === text);
  if (found === undefined) throw badOption(`--${name}`, text, `one of ${names.join(', ')}`);
  return found;
}

/** Several of a list of names, each once. */
export const someOf = <Name extends string>(
  name: string,
  text: string | undefined,
  names: readonly Name[],
): readonly Name[] => [...new Set((text ?? '').split(',').map((part) => oneOf(name, part.trim(), names)))];
