import { OverparamError } from './error.ts';

/**
 * The options with the defaults filled in.
 * @throws OverparamError `UNKNOWN_OPTION`, which names the unknown option and the nearest known one
 */
export function withDefaults<Options extends object>(
  method: string,
  defaults: Required<Options>,
  given: Options,
): Required<Options> {
  if (given === null || typeof given !== 'object')
    throw new OverparamError('BAD_OPTION', `${method} takes an object of options, not ${String(given)}.`);
  const known = Object.keys(defaults);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    throw new OverparamError(
      'UNKNOWN_OPTION',
      `${method} has no option '${name}'. Did you mean '${nearest(name, known)}'? It takes ${known.join(', ')}.`,
    );
  }
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(present) };
}

const nearest = (name: string, known: readonly string[]): string =>
  known.reduce((best, other) => (distance(name, other) < distance(name, best) ? other : best));

/** Levenshtein's distance, with case and underscores ignored. */
function distance(a: string, b: string): number {
  const [from, to] = [a, b].map((text) => text.toLowerCase().replaceAll('_', '')) as [string, string];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[to.length]!;
}
