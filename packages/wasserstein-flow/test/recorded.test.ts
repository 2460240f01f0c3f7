import { minimize } from '@overparam/core';
import {
  deconvolution,
  euclidean,
  explicit,
  grid,
  ista,
  measureOracle,
  measureProblem,
  mirrorDescent,
  neurons,
  squared,
  squaredNorm,
  type Flow,
  type FlowState,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import { describe, expect, it } from 'vitest';
import { mirrorAgainstEuclidean, recorded, twoLayerRelu } from './recorded.ts';

const note = recorded ? '' : ' (skipped: no recorded trajectories beside the repository)';

/** The energy before each step, and the states that were asked for. */
async function path(flow: Flow, problem: MeasureProblem, steps: number, at: readonly number[] = []) {
  const energies: number[] = [];
  const states = new Map<number, FlowState>([[0, flow.init()]]);
  await minimize(flow, measureOracle(problem), {
    steps,
    onStep({ step, state, report }) {
      energies.push(report.energy);
      if (at.includes(step)) states.set(step, state);
    },
  });
  return { energies, states };
}

const expectNear = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((v, i) => {
    if (!(Math.abs(v - expected[i]!) <= 1e-9 * Math.abs(expected[i]!) + 1e-15))
      expect([i, v]).toEqual([i, expected[i]]);
  });
};

describe.skipIf(!recorded)(`the recorded trajectories${note}`, () => {
  it('mirror descent and ISTA on a fixed grid: all losses to 1e-9', async () => {
    const run = mirrorAgainstEuclidean();
    const truth: Measure = { positions: [[Math.PI]], weights: [1] };
    const problem = deconvolution({ truth, cutoff: run.nf, lambda: run.lam });
    const start = (weight: number): Measure => grid({ domain: problem.domain, perAxis: run.m, weight });
    const mirror = await path(mirrorDescent(problem, { start: start(run.r0), step: run.alpha }), problem, 3000);
    expectNear(mirror.energies, run.mirror_losses);
    const euclid = await path(ista(problem, { start: start(0), step: run.alpha }), problem, 3000);
    expectNear(euclid.energies, run.euclidean_losses);
  });

  it('a two-layer relu network under the squared norm: losses and states to 1e-9', async () => {
    const run = twoLayerRelu();
    const m = run.W0.length;
    const problem = measureProblem({
      features: neurons({ inputs: run.X, activation: 'relu' }),
      loss: squared(run.Y, { scale: 1 / run.Y.length }),
      regularizer: squaredNorm(run.lam),
      domain: euclidean(2),
    });
    const start: Measure = {
      positions: run.W0.map(([a1, a2]) => [a1!, a2!]),
      weights: run.W0.map(([, , b]) => b! / m),
    };
    const flow = explicit(problem, { start, step: run.step });
    const ks = run.states.map(({ k }) => k);
    const { energies, states } = await path(flow, problem, 10_000, [...ks, 10_000]);
    expectNear(
      energies.filter((_, k) => k % 10 === 0),
      run.losses,
    );
    for (const { k, W } of [...run.states, { k: 10_000, W: run.final }]) {
      const { positions, amplitudes } = states.get(k)!;
      expectNear(
        positions.flatMap((x, i) => [...x, amplitudes[i]!]),
        W.flat(),
      );
    }
  });
});
