import { counting, runAsync, type DualMeasureOracle } from '@overparam/core';
import {
  box,
  certificate,
  certify,
  circle,
  deconvolution1d,
  deconvolution2d,
  energy,
  euclidean,
  explicit,
  gaussianBumps,
  gaussianKernel,
  interaction,
  logistic,
  measureOracle,
  measureProblem,
  neurons,
  onSphere,
  polish,
  randomSpikes,
  solve,
  sphere,
  squared,
  squaredNorm,
  totalVariation,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownOptimum } from './known-optimum.ts';

const nothing: Measure = { positions: [], weights: [] };
const failing = (code: string): unknown => expect.objectContaining({ code });

describe('problems whose optimum is known', () => {
  it.each(['positive', 'signed'] as const)('%s spikes: the optimum is certified to rounding', (kind) => {
    for (let seed = 0; seed < 10; seed++) {
      const { problem, optimum, minimum } = knownOptimum(seed, kind);
      const found = certify(problem, optimum);
      expect(found.objective).toBeCloseTo(minimum, 12);
      expect(found.rigorous).toBe(true);
      expect(Math.abs(found.maximum - 1)).toBeLessThan(1e-12);
      expect(found.supportResidual).toBeLessThan(1e-12);
      expect(found.gap).toBeLessThan(1e-12 * energy(problem, nothing));
    }
  });

  it('the gap is never below the true sub-optimality, at any measure', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom('positive', 'signed'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 10 }),
        (seed, kind, size, extra) => {
          const { problem, optimum, minimum } = knownOptimum(seed, kind as 'positive' | 'signed');
          const other = randomSpikes({ seed: seed + 1, spikes: extra + 1, separation: 0 });
          const measure = {
            positions: [...optimum.positions.map(([x]) => [x! + 0.3 * size * Math.sin(seed)]), ...other.positions],
            weights: [...optimum.weights.map((a) => a * (1 - size)), ...other.weights.map((a) => a * size)],
          };
          const { gap, objective } = certify(problem, measure);
          expect(objective).toBeCloseTo(energy(problem, measure), 11);
          expect(gap).toBeGreaterThanOrEqual(objective - minimum - 1e-14 * objective);
        },
      ),
      { numRuns: 100, seed: 3 },
    );
  });

  it.each(['positive', 'signed'] as const)('%s spikes: solve finds minimum and places', async (kind) => {
    for (let seed = 0; seed < 5; seed++) {
      const { problem, optimum, minimum } = knownOptimum(seed, kind);
      const { certificate: found, measure, stopped } = await solve(problem, { gap: 1e-13, relative: true });
      expect(stopped).toBe('gap');
      expect(Math.abs(found.objective - minimum)).toBeLessThan(1e-12);
      if (kind === 'signed') continue; // cos(nx) touches 1 at 2n places, so the optimum need not be the only one
      expect(measure.positions.length).toBe(optimum.positions.length);
      for (const x of measure.positions)
        expect(Math.min(...optimum.positions.map((z) => problem.domain.distance(x, z)))).toBeLessThan(1e-7);
    }
  });
});

describe('the bound', () => {
  it('is no less than the maximum over a grid finer than any search, and close to it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 9 }), (seed, cutoff) => {
        const problem = deconvolution1d({ truth: randomSpikes({ seed }), cutoff });
        const measure = randomSpikes({ seed: seed + 1, spikes: 3 });
        const { bound, maximum } = certify(problem, measure);
        const data = Float64Array.from({ length: 20_000 }, (_, i) => (2 * Math.PI * i) / 20_000);
        const { values } = measureOracle(problem).variation(
          { positions: { rows: 3, columns: 1, data: Float64Array.from(measure.positions.flat()) }, weights: Float64Array.from(measure.weights) }, // prettier-ignore
          { points: { rows: 20_000, columns: 1, data } },
        );
        const highest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 0.3;
        expect(bound).toBeGreaterThanOrEqual(highest * (1 - 1e-14));
        expect(bound).toBeLessThanOrEqual(maximum * (1 + 1e-13));
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('holds for positive measures, where only eta counts', async () => {
    const truth = randomSpikes({ seed: 4, positive: true });
    const problem = { ...deconvolution1d({ truth }), regularizer: totalVariation(0.05, { positive: true }) };
    const { certificate: found, measure, stopped } = await solve(problem, { gap: 1e-12 });
    expect(stopped).toBe('gap');
    expect(measure.weights.every((a) => a > 0)).toBe(true);
    expect(found.maximum).toBeCloseTo(1, 12);
  });

  it('in two dimensions the cells end, and the bound is tight', () => {
    const { bound, maximum, rigorous } = certify(deconvolution2d(), randomMeasure2d());
    expect(rigorous).toBe(true);
    expect(bound - maximum).toBeLessThan(1e-13 * maximum);
  });
});

const randomMeasure2d = (): Measure => ({
  positions: [
    [1, 2],
    [4, 0.5],
  ],
  weights: [0.7, -0.4],
});

describe('where no inequality is known', () => {
  const samples = Array.from({ length: 12 }, (_, n) => [n / 11]);
  const features = gaussianBumps({ samples, width: 0.12 });
  const truth = { rows: 2, columns: 1, data: Float64Array.of(0.3, 0.71) };
  const bumps = (loss: (y: Float64Array) => MeasureProblem['loss']): MeasureProblem =>
    measureProblem({
      features,
      loss: loss(features.at(truth).integrate(Float64Array.of(1, -0.6))),
      regularizer: totalVariation(0.02),
      domain: box([0], [1]),
    });

  it('the maximum is found by search, and the report says that it is not proved', async () => {
    const { certificate: found, stopped } = await solve(
      bumps((y) => squared(y)),
      { gap: 1e-10 },
    );
    expect(stopped).toBe('gap');
    expect(found.rigorous).toBe(false);
    expect(found.bound).toBe(found.maximum);
    expect(found.supportResidual).toBeLessThan(1e-9);
  });

  it('the logistic loss is certified too', async () => {
    const problem = bumps((y) => logistic(y.map((v) => (v >= 0 ? 1 : -1))));
    const { certificate: found, stopped } = await solve(problem, { gap: 1e-9 });
    expect(stopped).toBe('gap');
    expect(found.gap).toBeLessThan(1e-9);
  });

  it('a network under weight decay is certified on the sphere', async () => {
    const { positions: inputs } = onSphere({ particles: 15, dimension: 2, seed: 1 });
    const teacher = onSphere({ particles: 2, dimension: 2, seed: 2 });
    const relu = neurons({ inputs, activation: 'relu' });
    const y = relu
      .at({ rows: 2, columns: 2, data: Float64Array.from(teacher.positions.flat()) })
      .integrate(Float64Array.from(teacher.weights));
    const problem = measureProblem({
      features: relu,
      loss: squared(y, { scale: 1 / 15 }),
      regularizer: squaredNorm(0.0002),
      domain: euclidean(2),
    });
    const flow = explicit(problem, { start: onSphere({ particles: 40, dimension: 2, radius: 2, seed: 3 }), step: 'lipschitz' }); // prettier-ignore
    const oracle = measureOracle(problem);
    let state = flow.init();
    for (let k = 0; k < 1500; k++) ({ state } = await runAsync(flow, oracle, state));
    const found = certify(problem, flow.measure(state));
    // At balance, |w| = |x|, the two energies are the same.
    expect(found.objective).toBeLessThanOrEqual(energy(problem, flow.measure(state)) + 1e-12);
    expect(found.gap).toBeLessThan(1e-3 * energy(problem, { positions: [[0, 0]], weights: [0] }));
    expect(found.gap).toBeGreaterThanOrEqual(0);
  });

  it.each(['relu', 'silu'] as const)('%s neurons are solved to a gap at rounding level', async (activation) => {
    const inputs = Array.from({ length: 12 }, (_, n) => [Math.cos(2.4 * n), Math.sin(2.4 * n)]);
    const problem = measureProblem({
      features: neurons({ inputs, activation }),
      loss: squared(
        inputs.map(([x, z]) => Math.max(0, x! - z!) - Math.max(0, z!)),
        { scale: 1 / 12 },
      ),
      regularizer: totalVariation(0.01),
      domain: activation === 'relu' ? sphere(2) : box([-2, -2], [2, 2]),
    });
    const { stopped, measure, certificate: found } = await solve(problem, { gap: 1e-13 });
    expect(stopped).toBe('gap');
    measure.positions.forEach((x) => expect(problem.domain.contains(x)).toBe(true));
    // Random measures are no better than the bound says.
    for (let seed = 0; seed < 50; seed++) {
      const other = onSphere({ particles: 4, dimension: 2, seed });
      const near = { positions: [...measure.positions, ...other.positions.map((x) => x.map((v) => v / Math.hypot(...x)))], weights: [...measure.weights, ...other.weights.map((a) => 1e-3 * a)] }; // prettier-ignore
      expect(energy(problem, near)).toBeGreaterThanOrEqual(found.objective - found.gap - 1e-15);
    }
  });

  it('an interaction is certified by its own kernel', () => {
    const target = { positions: [[0], [1]], weights: [0.5, 0.5] };
    const oracle = interaction(gaussianKernel(1, { width: 0.5 }), target);
    const setting = { domain: box([-2], [2]), regularizer: totalVariation(1e-3) };
    const method = certificate(setting, target);
    return runAsync(method, oracle, method.init()).then(({ report }) => {
      expect(report.objective).toBeCloseTo(1e-3, 14);
      expect(report.gap).toBeLessThan(2e-3);
    });
  });
});

it('the certificate is a method: it asks any oracle, also one that answers with promises', async () => {
  const problem = deconvolution1d({ truth: randomSpikes({ seed: 1 }) });
  const exact = measureOracle(problem);
  const later: DualMeasureOracle = {
    variation: (mu, request) => Promise.resolve(exact.variation(mu, request)),
    fenchelYoung: (mu, scale) => Promise.resolve(exact.fenchelYoung(mu, scale)),
  };
  const { oracle, counts } = counting(later);
  const measure = randomSpikes({ seed: 2 });
  const method = certificate(problem, measure);
  const { report } = await runAsync(method, oracle, method.init());
  const { dualPoint, ...alone } = certify(problem, measure);
  expect(report).toEqual(alone);
  // J - (-R*(p)) for the dual point, as the gap is defined.
  expect(alone.objective + problem.loss.conjugate(Float64Array.from(dualPoint))).toBeCloseTo(alone.gap, 13);
  expect(counts['fenchelYoung']).toBe(1);
});

describe('refusals', () => {
  const problem = deconvolution1d({ truth: randomSpikes({ seed: 1 }) });
  it('no certificate without lambda, or for the squared norm of features that are not homogeneous', async () => {
    const free = deconvolution1d({ truth: randomSpikes({ seed: 1 }), lambda: 0 });
    expect(() => certify(free, nothing)).toThrowError(failing('NO_CERTIFICATE'));
    await expect(solve(free)).rejects.toThrowError(failing('NO_CERTIFICATE'));
    const decayed = { ...problem, regularizer: squaredNorm(1) };
    expect(() => certify(decayed, nothing)).toThrowError(failing('NO_CERTIFICATE'));
    await expect(solve(decayed)).rejects.toThrowError(failing('NO_CERTIFICATE'));
    expect(() => polish(decayed, nothing)).toThrowError(failing('NO_POLISH'));
  });

  it('no polish for a loss without curvature', () => {
    const { name, size, value, derivative, conjugate } = problem.loss;
    const loss = { name, size, value, derivative, conjugate };
    expect(() => polish({ ...problem, loss }, nothing)).toThrowError(failing('NO_POLISH'));
  });

  it('bad measures and options', async () => {
    expect(() => certify(problem, { positions: [[NaN]], weights: [1] })).toThrowError(failing('NOT_FINITE'));
    expect(() => certify(problem, nothing, { negligible: -1 })).toThrowError(failing('BAD_OPTION'));
    await expect(solve(problem, { gap: 0 })).rejects.toThrowError(failing('BAD_OPTION'));
    await expect(solve(problem, { maxRounds: -1 })).rejects.toThrowError(failing('BAD_OPTION'));
    await expect(solve(problem, { start: { positions: [[0, 1]], weights: [1] } })).rejects.toThrowError(
      failing('SHAPE_MISMATCH'),
    );
    expect(circle().contains([1e9])).toBe(true);
  });
});
