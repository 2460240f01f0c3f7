import { badOption, nearestName } from '@overparam/core';
import { limit } from '../limits.ts';

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
  const parts = (text ?? '').split(',');
  limit('pieces of work', `--${name}`, parts.length);
  return [...new Set(parts.map((part) => numberIn(name, part, range)))];
}

/** `0`, `0,1,2` or `0-4`. */
export function seedsIn(name: string, text: string | undefined): readonly number[] {
  const seeds = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [, first, last = first] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to > 2 ** 31)
      throw badOption(`--${name}`, text, 'whole numbers >= 0, as in 0 or 0,1,2 or 0-4');
    limit('pieces of work', `--${name} ${part}`, seeds.size + to - from + 1);
    for (let seed = from; seed <= to; seed++) seeds.add(seed);
  }
  return [...seeds];
}

/** One of a list of names. */
export function oneOf<Name extends string>(name: string, text: string | undefined, names: readonly Name[]): Name {
  const found = names.find((known) => known === text);
  if (found !== undefined) return found;
  const near = nearestName(text ?? '', names);
  throw badOption(
    `--${name}`,
    text,
    `one of ${names.join(', ')}${near === undefined ? '' : `. Did you mean '${near}'?`}`,
  );
}

/** Several of a list of names, each once. */
export const someOf = <Name extends string>(
  name: string,
  text: string | undefined,
  names: readonly Name[],
): readonly Name[] => [...new Set((text ?? '').split(',').map((part) => oneOf(name, part.trim(), names)))];
