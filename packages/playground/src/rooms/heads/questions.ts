import type { Answer, ModularOracle } from '@overparam/core';

export interface HeadsSettings {
  readonly layers: number;
  readonly heads: number;
  readonly seed: number;
}

/** What the page asks of a language model, beside what the methods do. */
export interface HeadsOracle extends ModularOracle {
  /** What the model makes of a beginning, one letter after the other, always the likeliest. */
  goOn(beginning: string, letters: number): Answer<string>;
  dispose(): Answer<void>;
}
