/** What the model learns from: the READMEs of this project, letter by letter. */
const readmes: Record<string, string> = import.meta.glob('../../../../*/README.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Rare letters become this one. */
const other = '·';
const kinds = 60;

const text = Object.entries(readmes)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([, readme]) => readme)
  .join('\n');

const counts = new Map<string, number>();
for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, kinds);

/** The letters, each at its number. */
export const alphabet: readonly string[] = [other, ...frequent.map(([letter]) => letter).filter((l) => l !== other)];
const numbers = new Map(alphabet.map((letter, i) => [letter, i]));
export const encoded = (text: string): Int32Array => Int32Array.from(text, (letter) => numbers.get(letter) ?? 0);

/** The whole text in numbers. */
export const corpus: Int32Array = encoded(text);
