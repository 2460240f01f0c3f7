import { describe, expect, it } from 'vitest';
import { withDefaults } from '@overparam/core';

interface Options {
  readonly max_eta?: number;
  readonly xi?: number;
}
const defaults: Required<Options> = { max_eta: 10, xi: 1 };

describe('withDefaults', () => {
  it('fills in what is absent or undefined', () => {
    expect(withDefaults('m', defaults, { xi: 0 })).toEqual({ max_eta: 10, xi: 0 });
    expect(withDefaults<Options>('m', defaults, { xi: undefined } as unknown as Options)).toEqual(defaults);
  });

  it('names an unknown option and the nearest known one', () => {
    const unknown = { maxEta: 1 } as Options;
    expect(() => withDefaults('m', defaults, unknown)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION',
        message: "m has no option 'maxEta'. Did you mean 'max_eta'? It takes max_eta, xi.",
      }),
    );
  });

  it('takes an object', () => {
    for (const given of [null, 3, 'xi'])
      expect(() => withDefaults('m', defaults, given as Options)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' }),
      );
  });
});
