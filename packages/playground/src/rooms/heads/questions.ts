import type { Answer, ModularOracle } from '@overparam/core';

export interface HeadsSettings {
  readonly layers: number;
  readonly heads: number;
  readonly seed: number;
}

/** What the page asks about a language model, in addition to the methods' questions. */
export interface HeadsOracle extends ModularOracle {
  /** Continues a text letter by letter, always with the likeliest letter. */
  goOn(beginning: string, letters: number): Answer<string>;
  dispose(): Answer<void>;
}
