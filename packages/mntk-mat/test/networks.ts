import { composite, denseNetwork, softmaxCrossEntropy, type Float64CompositeOracle } from '@overparam/backend-float64';
import { matrix } from '@overparam/linear-algebra';
import fc from 'fast-check';

/** Numbers between -1 and 1 (a linear congruential generator). */
export function uniform(seed: number): () => number {
  let state = (seed ^ 0x5bd1e995) >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
}

export interface NetworkShape {
  readonly samples: number;
  readonly inputs: number;
  readonly widths: readonly number[];
  readonly classes: number;
  readonly seed: number;
  /** Layers that are not trained. */
  readonly frozen?: readonly number[];
  /** Multiplies the outputs. */
  readonly scale?: number;
  /** The order of the samples. */
  readonly order?: readonly number[];
}

/** A tanh network with a linear output without bias, under mean softmax cross-entropy; modules are its layers. */
export function network(shape: NetworkShape): Float64CompositeOracle {
  const { samples, inputs, widths, classes, seed, frozen = [], scale = 1 } = shape;
  const draw = uniform(seed);
  const order = shape.order ?? Array.from({ length: samples }, (_, n) => n);
  const rows = Array.from({ length: samples }, () => Array.from({ length: inputs }, () => 2 * draw()));
  const targets = rows.map(() => Math.floor((draw() + 1) * 0.4999 * classes));
  const units = [...widths, classes];
  const model = denseNetwork({
    inputs: matrix(samples, inputs, Float64Array.from(order.flatMap((n) => rows[n]!))),
    layers: units.map((width, l) =>
      l < widths.length
        ? { units: width, activation: 'tanh', name: `layer${l}`, frozen: frozen.includes(l) }
        : { units: width, bias: false, scale, name: `layer${l}`, frozen: frozen.includes(l) },
    ),
  });
  return composite({
    model,
    loss: softmaxCrossEntropy(
      order.map((n) => targets[n]!),
      { classes },
    ),
    start: Float64Array.from({ length: model.parameters }, draw),
  });
}

export const shapes: fc.Arbitrary<NetworkShape> = fc.record({
  samples: fc.integer({ min: 2, max: 6 }),
  inputs: fc.integer({ min: 1, max: 4 }),
  widths: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  classes: fc.integer({ min: 2, max: 3 }),
  seed: fc.integer(),
});
