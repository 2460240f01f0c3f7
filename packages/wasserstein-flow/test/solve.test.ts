import {
  alternatingGrid,
  certify,
  conic,
  deconvolution1d,
  deconvolution2d,
  energy,
  measureOracle,
  polish,
  randomSpikes,
  solve,
  type Measure,
} from '@overparam/wasserstein-flow';
import { minimize } from '@overparam/core';
import { describe, expect, it } from 'vitest';
import { independentOptimum } from './independent-solver.ts';

const nothing: Measure = { positions: [], weights: [] };

describe('an independent convex solver', () => {
  it('finds the same optimum of 20 random deconvolution problems: |J - J*| <= gap <= 1e-8', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const truth = randomSpikes({ seed, spikes: 2 + (seed % 4), separation: 0.3 });
      const cutoff = 4 + (seed % 3);
      const lambda = [0.3, 0.1, 0.05][seed % 3]!;
      const problem = deconvolution1d({ truth, cutoff, lambda });
      const { certificate } = await solve(problem, { gap: 1e-8 });
      const { measure, J } = independentOptimum(truth, cutoff, lambda);
      // What the other solver found is optimal: by the certificate, and by the value that it computed from the kernel.
      const other = certify(problem, measure);
      expect(other.gap, `seed ${seed}`).toBeLessThan(1e-13);
      expect(Math.abs(other.objective - J)).toBeLessThan(1e-13);
      expect(certificate.gap).toBeLessThanOrEqual(1e-8);
      expect(Math.abs(certificate.objective - J)).toBeLessThanOrEqual(certificate.gap + 1e-14);
    }
  });
});

describe('the experiment in one dimension', () => {
  it.each([0.3, 0.05])(
    'lambda %d: a gap of 1e-12 J(0) in a tenth of 20,000 iterations, places to 1e-10',
    async (lambda) => {
      for (let seed = 0; seed < 5; seed++) {
        const truth = randomSpikes({ seed });
        const problem = deconvolution1d({ truth, lambda });
        const { certificate, measure, stopped, flowSteps, newtonSteps } = await solve(problem, {
          gap: 1e-12,
          relative: true,
        });
        expect(stopped).toBe('gap');
        expect(certificate.rigorous).toBe(true);
        expect(certificate.gap).toBeLessThanOrEqual(1e-12 * energy(problem, nothing));
        expect(flowSteps + newtonSteps).toBeLessThan(200);
        const optimum = independentOptimum(truth, 4, lambda).measure;
        expect(measure.positions.length).toBe(optimum.positions.length);
        measure.positions.forEach((x) => {
          const distances = optimum.positions.map((z) => problem.domain.distance(x, z));
          expect(Math.min(...distances)).toBeLessThan(1e-10);
        });
      }
    },
  );
});

describe('solve', () => {
  it('reaches the known minima in two dimensions', async () => {
    for (const [lambda, minimum] of [
      [1, 2.766578807082],
      [4, 10.070304179044],
    ] as const) {
      const { certificate, measure } = await solve(deconvolution2d({ lambda }), { gap: 1e-12, relative: true });
      expect(certificate.objective).toBeCloseTo(minimum, 11);
      expect(measure.positions.length).toBe(3);
    }
  });

  it('goes on from a start, and says why it stopped', async () => {
    const problem = deconvolution1d({ truth: randomSpikes({ seed: 3 }) });
    const rounds: number[] = [];
    const first = await solve(problem, { maxRounds: 0, onRound: ({ round }) => rounds.push(round) });
    expect([first.stopped, first.measure, rounds]).toEqual(['rounds', nothing, [0]]);
    const { measure } = await solve(problem);
    const again = await solve(problem, { start: measure });
    expect([again.stopped, again.round, again.flowSteps]).toEqual(['gap', 0, 0]);
    const stopped = await solve(problem, { signal: AbortSignal.abort(), start: alternatingGrid(7) });
    expect(stopped.stopped).toBe('signal');
    const tooMuch = await solve(problem, { gap: 1e-40 });
    expect(['stalled', 'gap', 'rounds']).toContain(tooMuch.stopped);
    expect(tooMuch.certificate.gap).toBeLessThan(1e-14);
  });

  it('an abort within a round leaves the last certified measure', async () => {
    const problem = deconvolution1d({ truth: randomSpikes({ seed: 3 }) });
    const controller = new AbortController();
    const { stopped, measure, certificate } = await solve(problem, {
      gap: 1e-14,
      signal: controller.signal,
      onRound: () => controller.abort(),
    });
    expect(stopped).toBe('signal');
    expect(certify(problem, measure).gap).toBe(certificate.gap);
  });

  it('an error of the features passes through', async () => {
    const problem = deconvolution1d({ truth: randomSpikes({ seed: 3 }) });
    let calls = 0;
    const features = {
      ...problem.features,
      at(points: Parameters<typeof problem.features.at>[0]) {
        if (++calls > 20) throw new Error('out of order');
        return problem.features.at(points);
      },
    };
    await expect(solve({ ...problem, features })).rejects.toThrowError(/out of order/);
  });
});

describe('polish', () => {
  it('brings a nearly converged flow to rounding level in a few steps', async () => {
    const problem = deconvolution2d({ lambda: 1 });
    const start: Measure = {
      positions: [
        [3, 3],
        [5, 3],
        [4, 4.4],
        [4, 2],
      ],
      weights: [0.3, 0.3, 0.3, 0.3],
    };
    const flow = conic(problem, { start, alpha: 0.01, beta: 0.01 });
    const { state } = await minimize(flow, measureOracle(problem), { steps: 500 });
    const before = certify(problem, flow.measure(state));
    const merged = await solve(problem, { start: flow.measure(state), maxRounds: 1, gap: 1e-12 });
    expect(before.gap).toBeGreaterThan(1e-6);
    expect(merged.certificate.gap).toBeLessThan(1e-12);
  });

  it('converges quadratically near the optimum, and does not move from it', async () => {
    const problem = deconvolution1d({ truth: randomSpikes({ seed: 1 }) });
    const { measure } = await solve(problem, { gap: 1e-14 });
    const off = {
      positions: measure.positions.map(([x], i) => [x! + 1e-4 * (i % 2 ? 1 : -1)]),
      weights: measure.weights.map((a) => a * 1.001),
    };
    const { measure: back, steps, residual } = polish(problem, off);
    expect(steps).toBeLessThanOrEqual(4);
    expect(residual).toBeLessThan(1e-13);
    back.positions.forEach(([x], i) => expect(Math.abs(x! - measure.positions[i]![0]!)).toBeLessThan(1e-12));
    const twice = polish(problem, back);
    expect(energy(problem, twice.measure)).toBeCloseTo(energy(problem, back), 14);
  });

  it('never raises J, and drops a particle whose weight would change its sign', () => {
    for (let seed = 0; seed < 10; seed++) {
      const problem = deconvolution1d({ truth: randomSpikes({ seed }) });
      const start = randomSpikes({ seed: seed + 50, spikes: 4 });
      const { measure, steps } = polish(problem, start);
      expect(steps).toBeGreaterThan(0);
      expect(energy(problem, measure)).toBeLessThan(energy(problem, start));
      expect(measure.weights.every((a) => a !== 0)).toBe(true);
    }
    const wrong = deconvolution1d({ truth: { positions: [[1]], weights: [1] } });
    expect(polish(wrong, { positions: [[1], [1.5]], weights: [0.9, -0.1] }).measure.weights.every((a) => a > 0)).toBe(
      true,
    );
  });

  it('the empty measure stays empty', () => {
    const problem = deconvolution1d({ truth: randomSpikes({ seed: 1 }) });
    expect(polish(problem, nothing)).toEqual({ measure: nothing, steps: 0, residual: 0 });
  });
});
