import { describe, expect, it } from 'vitest';
import { denseNetwork, logistic, poisson, robust, softmaxCrossEntropy, squaredError } from './index.ts';

const inputs = { rows: 2, columns: 1, data: Float64Array.of(1, 2) };
const unknown = (message: string): unknown => expect.objectContaining({ code: 'UNKNOWN_OPTION', message: expect.stringContaining(message) }); // prettier-ignore

describe('unknown options', () => {
  it('of a network and of its layers are named', () => {
    const layer =
      (options: object): (() => unknown) =>
      () =>
        denseNetwork({ inputs, layers: [{ units: 1, ...options }] });
    expect(layer({ activations: 'relu' })).toThrow(unknown("layers[0] of denseNetwork has no option 'activations'. Did you mean 'activation'?")); // prettier-ignore
    expect(layer({ Units: 3 })).toThrow(unknown("Did you mean 'units'?"));
    expect(layer({ units: undefined })).toThrow("layers[0] of denseNetwork needs the option 'units'.");
    expect(() => denseNetwork({ inputs, layer: [] } as never)).toThrow(unknown("Did you mean 'layers'?"));
    expect(() => denseNetwork({ inputs, layers: { units: 1 } } as never)).toThrow('an array of layers');
    expect(() => denseNetwork({ inputs, layers: [null] } as never)).toThrow(
      'layers[0] of denseNetwork takes an object',
    );
  });

  it('of losses are named', () => {
    for (const loss of [
      logistic,
      poisson,
      squaredError,
      softmaxCrossEntropy,
      (y: number[], o: object) => robust('huber', y, o),
    ])
      // prettier-ignore
      expect(() => loss([0, 1], { weigths: [1, 1], ...(loss === softmaxCrossEntropy && { classes: 2 }) } as never)).toThrow(unknown("Did you mean 'weights'?"));
  });
});
