/**
 * The known name that a misspelled one probably means, or undefined if none is near.
 *
 * Case, underscores and hyphens are ignored. Two names are near if a third of the letters of the longer one or fewer have
 * to be inserted, removed, replaced or swapped with a neighbour (the distance of Damerau and Levenshtein), or if one
 * begins or ends with the other: with three letters of it or more, or with its words (`zhang_xi` and `xi`).
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const other of known) {
    const strangeness = unlikeness(name, other);
    if (strangeness < least) [best, least] = [other, strangeness];
  }
  return best;
}

const letters = (name: string): string => name.toLowerCase().replaceAll(/[_\- ]/g, '');

/** With a blank before and after each word: words end at an underscore, a hyphen, or before a capital. */
const words = (name: string): string =>
  ` ${name
    .replaceAll(/[_\- ]+|(?<=[a-z0-9])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .trim()} `;

/** 0 for equal names, below 1 for a misspelling, from 1 to 2 for a part, Infinity for names that are not near. */
function unlikeness(name: string, other: string): number {
  const [short, long] = [letters(name), letters(other)].sort((a, b) => a.length - b.length) as [string, string];
  if (short === long) return 0;
  const allowed = Math.floor(long.length / 3);
  if (long.length - short.length <= allowed) {
    const edits = distance(short, long);
    if (edits <= allowed) return edits / long.length;
  }
  const [few, many] = [words(name), words(other)].sort((a, b) => a.length - b.length) as [string, string];
  const part =
    (short.length >= 3 && (long.startsWith(short) || long.endsWith(short))) ||
    (short.length >= 2 && (many.startsWith(few) || many.endsWith(few)));
  return part ? 2 - short.length / long.length : Infinity;
}

/** Insertions, removals, replacements and swaps of neighbours that make one text of the other. */
function distance(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
