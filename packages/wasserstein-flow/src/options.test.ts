import { describe, expect, it } from 'vitest';
import * as flow from './index.ts';

const { alternatingGrid, circle, deconvolution1d, euclidean, measureOracle, solve, squared } = flow;
const truth = { positions: [[1]], weights: [1] };
const problem = deconvolution1d({ truth });
const start = alternatingGrid(4);

describe('every function that takes options', () => {
  it.each<readonly [string, (options: never) => unknown, object]>([
    ['grid', flow.grid, { domain: circle(), perAxis: 3 }],
    ['onSphere', flow.onSphere, { particles: 3, dimension: 2 }],
    ['scattered', flow.scattered, { domain: circle(), particles: 3 }],
    ['totalVariation', (o) => flow.totalVariation(1, o), {}],
    ['squared', (o) => squared([1], o), {}],
    ['logistic', (o) => flow.logistic([1], o), {}],
    ['huber', (o) => flow.huber([1], o), {}],
    ['trigonometric', flow.trigonometric, { cutoff: 2 }],
    ['neurons', flow.neurons, { inputs: [[1]], activation: 'relu' }],
    ['gaussianBumps', flow.gaussianBumps, { samples: [[1]], width: 1 }],
    ['gaussianKernel', (o) => flow.gaussianKernel(1, o), { width: 1 }],
    ['checkFeatures', (o) => flow.checkFeatures(problem.features, o), { points: [[1]] }],
    ['torus', (o) => flow.torus(1, o), {}],
    ['torus', circle, {}],
    ['merge', (o) => flow.merge(start, o), { domain: circle(), distance: 1 }],
    ['prune', (o) => flow.prune(start, o), { below: 0 }],
    ['polish', (o) => flow.polish(problem, start, o), {}],
    ['deconvolution', flow.deconvolution, { truth, cutoff: 1, lambda: 1 }],
    ['deconvolution1d', deconvolution1d, { truth }],
    ['deconvolution2d', flow.deconvolution2d, {}],
    ['randomSpikes', flow.randomSpikes, { seed: 1 }],
    ['alternatingGrid', (o) => alternatingGrid(4, o), {}],
    ['measureProblem', flow.measureProblem, problem],
    ['explicit', (o) => flow.explicit(problem, o), { start }],
    ['forwardBackward', (o) => flow.forwardBackward(problem, o), { start }],
    ['conic', (o) => flow.conic(problem, o), { start }],
    ['ista', (o) => flow.ista(problem, o), { start }],
    ['mirror-descent', (o) => flow.mirrorDescent(problem, o), { start }],
    ['fista', (o) => flow.fista(problem, o), { start, step: 0.1 }],
    ['certificate', (o) => flow.certify(problem, start, o), {}],
    ['wasserstein', (o) => flow.wasserstein(truth, truth, o), { domain: circle() }],
    ['sinkhorn', (o) => flow.sinkhorn(truth, truth, o), { domain: circle(), epsilon: 1 }],
    ['gaussianHellinger', (o) => flow.gaussianHellinger(truth, truth, o), { domain: circle() }],
  ])('%s refuses unknown ones, and what is no object', (name, make, options) => {
    expect(() => make(options as never)).not.toThrow();
    for (const unknown of ['nonsense', '__proto__', 'constructor']) {
      const given = Object.defineProperty({ ...options }, unknown, { value: 1, enumerable: true });
      expect(() => make(given as never)).toThrow(
        expect.objectContaining({
          code: 'UNKNOWN_OPTION',
          message: expect.stringMatching(`^${name} has no option '${unknown}'\\. It takes`),
        }),
      );
    }
    for (const wrong of [null, [], () => 0, 1, new Map()])
      expect(() => make(wrong as never)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
    for (const needed of Object.keys(options))
      expect(() => make({ ...options, [needed]: undefined } as never)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION', message: `${name} needs the option '${needed}'.` }),
      );
  });

  it('solve, whose certificate has options too', async () => {
    await expect(solve(problem, { maxRound: 1 } as never)).rejects.toThrow("Did you mean 'maxRounds'?");
    await expect(solve(problem, { certificate: { peraxis: 1 } } as never)).rejects.toThrow("Did you mean 'perAxis'?");
  });
});

describe('a spike is reported once', () => {
  it.each([
    [[2, 2.5], 0.01],
    [[2, 2.4], 0.01],
    [[1, 2.5, 4], 0.01],
    [[0, 0.6], 0.003],
    [[2, 2.5], 0.001],
    [[0, 3], 0.05],
  ])('%j with lambda %d', async (places, lambda) => {
    const truth = { positions: places.map((x) => [x]), weights: places.map(() => 1) };
    const { measure, stopped } = await solve(deconvolution1d({ truth, lambda }), { relative: true, gap: 1e-12 });
    expect([measure.positions.length, stopped]).toEqual([places.length, 'gap']);
  });

  it('also where the start has it twice, or on both sides of the period, or with signs that cancel', async () => {
    const truth = { positions: [[0]], weights: [1] };
    const problem = deconvolution1d({ truth, lambda: 0.01 });
    const { measure } = await solve(problem, { relative: true, gap: 1e-12 });
    const [[x], [a]] = [measure.positions[0]!, measure.weights] as [number[], number[]];
    for (const start of [
      { positions: [[x], [x! + 1e-12]], weights: [a! / 2, a! / 2] },
      { positions: [[x], [x! + 2 * Math.PI]], weights: [a! / 4, (3 * a!) / 4] },
      { positions: [[x], [x], [3], [3]], weights: [2 * a!, -a!, 1, -1] },
    ] as flow.Measure[]) {
      const again = await solve(problem, { relative: true, gap: 1e-12, start });
      expect(again.measure.weights.length).toBe(1);
      expect(again.measure.weights[0]).toBeCloseTo(a!, 12);
    }
  });

  it('peaks of a small domain and of a large one are told apart', () => {
    for (const size of [1e-9, 1, 1e9]) {
      const samples = Array.from({ length: 40 }, (_, i) => [(size * (i + 0.5)) / 40]);
      const features = flow.gaussianBumps({ samples, width: size / 20 });
      const mu = { positions: [[0.25 * size], [0.75 * size]], weights: [1, 1] };
      const { positions, weights } = flow.particlesOf(mu, 1);
      const loss = squared(features.at(positions).integrate(weights));
      const bumps = flow.measureProblem({
        features,
        loss,
        domain: flow.box([0], [size]),
        regularizer: flow.totalVariation(0.1),
      });
      const { peaks } = flow.certify(bumps, { positions: [], weights: [] });
      const high = peaks.filter(({ value }) => Math.abs(value) > 1).map(({ position }) => position[0]! / size);
      expect(high.sort().map((x) => x.toFixed(2))).toEqual(['0.25', '0.75']);
    }
  });
});

describe('eta', () => {
  it('is -R / lambda at any points, and its derivatives', () => {
    const mu = { positions: [[1], [2]], weights: [0.5, -0.1] };
    const { regularizer, domain } = problem;
    const points = [[0.3], [1], [5]];
    const { values, gradients } = flow.eta(problem, mu, points);
    const at = (x: number): number => flow.eta(problem, mu, [[x]]).values[0]!;
    const { values: R } = measureOracle(problem).variation(flow.particlesOf(mu, domain.dimension), {
      points: flow.particlesOf({ positions: points, weights: [0, 0, 0] }, 1).positions,
    });
    points.forEach(([x], i) => {
      expect(values[i]).toBe(-R[i]! / regularizer.lambda);
      expect(gradients[i]![0]).toBeCloseTo((at(x! + 1e-6) - at(x! - 1e-6)) / 2e-6, 7);
    });
  });

  it('of an optimum is the sign at its spikes, and no larger anywhere', async () => {
    const { measure } = await solve(problem, { relative: true, gap: 1e-12 });
    expect(flow.eta(problem, measure, measure.positions).values[0]).toBeCloseTo(1, 10);
    const everywhere = flow.grid({ domain: circle(), perAxis: 200 }).positions;
    expect(Math.max(...flow.eta(problem, measure, everywhere).values.map(Math.abs))).toBeLessThan(1 + 1e-10);
  });

  it('refuses points of another dimension, and problems without a certificate', () => {
    expect(() => flow.eta(problem, start, [[1, 2]])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
    const free = { ...problem, regularizer: flow.unregularized() };
    expect(() => flow.eta(free, start, [[1]])).toThrow(expect.objectContaining({ code: 'NO_CERTIFICATE' }));
  });
});

it('measures and particles are converted into each other', () => {
  const mu = flow.randomSpikes({ seed: 3 });
  expect(flow.measureOf(flow.particlesOf(mu, 1))).toEqual(mu);
  expect(flow.measureOf(flow.particlesOf({ positions: [], weights: [] }, 2))).toEqual({ positions: [], weights: [] });
  expect(flow.toRadii({ positions: [[0], [1]], weights: [1e308, -1e-308] }).radii[0]).toBeCloseTo(
    Math.SQRT2 * 1e154,
    -142,
  );
  expect(euclidean(2).distance([1e200, 0], [0, 1e200]) / (Math.SQRT2 * 1e200)).toBeCloseTo(1, 14);
});
