import type { Matrix } from '@overparam/core';
import { gram, multiply } from '@overparam/linear-algebra';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derivative, distance } from '../test/derivative.ts';
import { randomMatrix, randomVector, seeded, uniform } from '../test/random.ts';
import {
  activations,
  composite,
  denseNetwork,
  residualOracle,
  robust,
  softmaxCrossEntropy,
  squaredError,
  type ActivationName,
  type DenseLayer,
  type DenseNetwork,
} from './index.ts';

const names = Object.keys(activations) as ActivationName[];

/** Networks of up to three layers, all activations, with and without bias, scaled, frozen. */
const networks: fc.Arbitrary<{ network: DenseNetwork; w: Float64Array; next: () => number }> = fc
  .record({
    samples: fc.integer({ min: 1, max: 6 }),
    inputs: fc.integer({ min: 1, max: 4 }),
    layers: fc.array(
      fc.record({
        units: fc.integer({ min: 1, max: 4 }),
        activation: fc.constantFrom(...names.filter((name) => name !== 'relu')),
        bias: fc.boolean(),
        scale: fc.constantFrom(1, 0.25, -2),
        frozen: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    seed: fc.integer(),
  })
  .filter(({ layers }) => layers.some(({ frozen }) => !frozen))
  .map(({ samples, inputs, layers, seed }) => {
    const next = uniform(seed);
    const network = denseNetwork({ inputs: randomMatrix(samples, inputs, next), layers });
    return { network, w: randomVector(network.parameters, next), next };
  });

describe('denseNetwork', () => {
  it.each(names)('%s has the slope of its value', (name) => {
    const { value, slope } = activations[name];
    for (const z of [-40, -2, -0.3, 0.7, 3, 40]) {
      const [numeric] = derivative(([x]) => [value(x!)], Float64Array.of(z), 1e-3).flatMap((row) => [...row]);
      expect(Math.abs(slope(z) - numeric!)).toBeLessThan(1e-10);
    }
    expect(value(-800) + slope(800)).not.toBeNaN();
  });

  it('has the Jacobian of its outputs', () => {
    fc.assert(
      fc.property(networks, ({ network, w }) => {
        const ranges = Object.values(network.modules);
        const { data, columns } = network.at(w).jacobian(ranges);
        const numeric = derivative((v) => network.at(v).outputs.data, w);
        const wanted = ranges.flatMap(([from, to]) => numeric.slice(from, to));
        expect(wanted).toHaveLength(columns);
        wanted.forEach((column, j) =>
          expect(
            distance(
              data.filter((_, i) => i % columns === j),
              column,
            ),
          ).toBeLessThan(1e-8),
        );
      }),
      seeded,
    );
  });

  it('has kernel, pull, push, and column norms of that Jacobian, for any modules, samples and scaling', () => {
    fc.assert(
      fc.property(networks, fc.nat(), ({ network, w, next }, pick) => {
        const all = Object.values(network.modules);
        const ranges = all.filter((_, l) => (pick >> l) % 2 === 0);
        const tangent = network.at(w);
        const J = tangent.jacobian(ranges);
        const inside = (v: Float64Array): Float64Array =>
          Float64Array.from(ranges.flatMap(([from, to]) => [...v.subarray(from, to)]));
        const outside = (v: Float64Array): number[] =>
          [...v].filter((_, p) => !ranges.some(([from, to]) => from <= p && p < to));
        const u = randomMatrix(network.samples, network.outputs, next);
        const column = (data: Float64Array): Matrix => ({ rows: data.length, columns: 1, data });

        expect(distance(tangent.kernel(ranges).data, gram(J).data)).toBeLessThan(1e-12);
        const pulled = tangent.pull(u, ranges);
        expect(distance(inside(pulled), multiply(J, column(u.data), { transposeA: true }).data)).toBeLessThan(1e-12);
        expect(outside(pulled).every((x) => x === 0)).toBe(true);
        const v = pulled.map(() => next());
        all.filter((range) => !ranges.includes(range)).forEach(([from, to]) => v.fill(0, from, to));
        expect(distance(tangent.push(v, ranges).data, multiply(J, column(inside(v))).data)).toBeLessThan(1e-12);
        const norms = tangent.squaredColumnNorms(ranges);
        expect(
          distance(
            inside(norms),
            Float64Array.from({ length: J.columns }, (_, p) =>
              J.data.reduce((sum, x, i) => sum + (i % J.columns === p ? x * x : 0), 0),
            ),
          ),
        ).toBeLessThan(1e-12);
        expect(outside(norms).every((x) => x === 0)).toBe(true);

        const weights = pulled.map(() => 2 ** (4 * next()));
        const scaled = { ...J, data: J.data.map((x, i) => x * Math.sqrt(inside(weights)[i % J.columns]!)) };
        expect(distance(tangent.kernel(ranges, undefined, weights).data, gram(scaled).data)).toBeLessThan(1e-12);

        const samples = Array.from({ length: 4 }, (_, i) => (pick + 3 * i) % network.samples);
        const c = network.outputs;
        const some = tangent.kernel(ranges, samples);
        const K = tangent.kernel(ranges);
        const wanted = samples.flatMap((n) => Array.from({ length: c }, (_, k) => n * c + k));
        expect([...some.data]).toEqual(wanted.flatMap((i) => wanted.map((j) => K.data[i * K.columns + j]!)));
      }),
      seeded,
    );
  });

  it('packs and unpacks its weights', () => {
    const next = uniform(4);
    const layers: DenseLayer[] = [
      { units: 3, name: 'hidden', activation: 'tanh' },
      { units: 2, bias: false },
    ];
    const network = denseNetwork({ inputs: randomMatrix(4, 5, next), layers });
    expect(network.modules).toEqual({ hidden: [0, 18], dense1: [18, 24] });
    const w = randomVector(24, next);
    const weights = network.unpack(w);
    expect(weights.map(({ kernel, bias }) => [kernel.rows, kernel.columns, bias?.length])).toEqual([
      [5, 3, 3],
      [3, 2, undefined],
    ]);
    expect(network.pack(weights)).toEqual(w);
    expect(() => network.pack(weights.slice(1))).toThrow('There are weights of 1 layers: the network has 2.');
    expect(() => network.pack([...weights].reverse())).toThrow('The kernel of hidden is 3 x 2');
    expect(() => network.pack([weights[0]!, { ...weights[1]!, bias: w }])).toThrow('The bias of dense1 has 24 numbers');
    expect(() => network.unpack(w.slice(1))).toThrow('There are 23 parameters given: it takes 24.');
  });

  it('is not finite, and no exception, where its weights overflow', () => {
    const inputs = randomMatrix(2, 2, uniform(5));
    const network = denseNetwork({ inputs, layers: [{ units: 2 }, { units: 1 }] });
    const { outputs } = network.at(new Float64Array(9).fill(1e308));
    expect(outputs.data.every((x) => !Number.isFinite(x))).toBe(true);
  });

  it('says what it does not take', () => {
    const inputs = randomMatrix(2, 2, uniform(6));
    const made = (...layers: DenseLayer[]): DenseNetwork => denseNetwork({ inputs, layers });
    expect(() => made()).toThrow('layers is "[]"');
    expect(() => made({ units: 0 })).toThrow('layers[0].units is 0');
    expect(() => made({ units: 1, activation: 'swish' as 'silu' })).toThrow('it takes one of linear, relu');
    expect(() => made({ units: 1, scale: NaN })).toThrow('layers[0].scale is NaN');
    expect(() => made({ units: 1, frozen: true })).toThrow('one layer or more that is trained');
    expect(() => made({ units: 1, name: 'a' }, { units: 1, name: 'a' })).toThrow('layers of different names');
    expect(() =>
      denseNetwork({ inputs: { rows: 1, columns: 1, data: Float64Array.of(NaN) }, layers: [{ units: 1 }] }),
    ).toThrow('The input [0] is NaN');
    expect(() => denseNetwork({ inputs: randomMatrix(0, 1, Math.random), layers: [{ units: 1 }] })).toThrow(
      'there must be one sample',
    );
  });
});

describe('unknown options are refused', () => {
  const inputs = { rows: 1, columns: 1, data: Float64Array.of(1) };
  it.each<[() => unknown, string]>([
    [
      () => denseNetwork({ inputs, layers: [{ units: 1, activations: 'relu' } as never] }),
      "layers[0] of denseNetwork has no option 'activations'. Did you mean 'activation'?",
    ],
    [
      () => denseNetwork({ inputs, layer: [{ units: 1 }] } as never),
      "denseNetwork has no option 'layer'. Did you mean 'layers'?",
    ],
    [() => denseNetwork({ inputs, layers: { units: 1 } } as never), 'an array of layers'],
    [() => denseNetwork({ inputs, layers: [{ units: 1, bias: 0 } as never] }), 'layers[0].bias is 0'],
    [() => squaredError([1], { weight: [1] } as never), "has no option 'weight'. Did you mean 'weights'?"],
    [() => robust('huber', [1], { delta: 1 } as never), "has no option 'delta'"],
    [() => softmaxCrossEntropy([0], { classes: 2, wieghts: [1] } as never), "Did you mean 'weights'?"],
    [
      () => composite({ model: denseNetwork({ inputs, layers: [{ units: 1 }] }), los: 1 } as never),
      "Did you mean 'loss'?",
    ],
    [() => residualOracle((w) => w, [1], { jac: () => 1 } as never), "residualOracle has no option 'jac'"],
  ])('%o', (make, message) => expect(make).toThrow(message));
});
