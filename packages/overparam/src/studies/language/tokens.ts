import { OverparamError } from '@overparam/core';

export const tokenizers = ['bytes', 'words'] as const;
export type Tokenizer = (typeof tokenizers)[number];

/** Two stretches of a text, one after the other, as numbers of tokens. */
export interface Tokens {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  /** How many different tokens there are. Token 0 stands for all that the training text does not have. */
  readonly vocabulary: number;
}

export interface TokensOptions {
  readonly tokenizer: Tokenizer;
  /** How many tokens to train on; the validation text follows them. */
  readonly train: number;
  readonly validation: number;
  /** How many different tokens at most: the most frequent of the training text, and token 0. */
  readonly vocabulary: number;
}

/**
 * Bytes are those of UTF-8, words those of Unicode (UAX #29, by `Intl.Segmenter`): a word, a punctuation mark, a space
 * that is not between two words.
 * @throws OverparamError `DATA_TOO_SMALL`
 */
export function tokensOf(text: string, { tokenizer, train, validation, vocabulary }: TokensOptions): Tokens {
  const all = pieces(text, tokenizer, train + validation);
  if (all.length < train + validation)
    throw new OverparamError(
      'DATA_TOO_SMALL',
      `The text has ${all.length} ${tokenizer}, and ${train} to train and ${validation} to validate were asked for: give a longer one with --data, or ask for less with --tokens and --validation.`,
    );
  const counts = new Map<string | number, number>();
  for (const piece of all.slice(0, train)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  // Map keeps the order of first occurrence, and sort is stable: ties go to the earlier.
  const kept = [...counts].sort(([, a], [, b]) => b - a).slice(0, vocabulary - 1);
  const numbers = new Map(kept.map(([piece], i) => [piece, i + 1]));
  const numbered = new Int32Array(all.length);
  all.forEach((piece: string | number, i: number) => (numbered[i] = numbers.get(piece) ?? 0));
  return {
    train: numbered.slice(0, train),
    validation: numbered.slice(train),
    vocabulary: kept.length + 1,
  };
}

function pieces(text: string, tokenizer: Tokenizer, count: number): readonly string[] | Uint8Array {
  if (tokenizer === 'bytes') return new TextEncoder().encode(text).subarray(0, count);
  const words: string[] = [];
  const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
  for (let start = 0; start < text.length;) {
    // Each segment of a text takes time in proportion to the whole of it: by the page it is quicker.
    const space = text.indexOf(' ', start + PAGE);
    const end = space < 0 ? text.length : space;
    for (const { segment } of segmenter.segment(text.slice(start, end))) {
      // The space between two words goes without saying.
      if (segment === ' ') continue;
      words.push(segment);
      if (words.length === count) return words;
    }
    start = end;
  }
  return words;
}

const PAGE = 1000;
