import { minimize, run } from '@overparam/core';
import {
  alternatingGrid,
  certify,
  conic,
  deconvolution1d,
  deconvolution2d,
  fromRadii,
  grid,
  measureOracle,
  randomSpikes,
  type Measure,
  type MeasureProblem,
} from '@overparam/wasserstein-flow';
import { describe, expect, it } from 'vitest';

/** The official loop, transcribed: both updates use the old y. */
function official(
  problem: MeasureProblem,
  { positions, radii }: { positions: readonly (readonly number[])[]; radii: readonly number[] },
  alpha: number,
  beta: number,
  steps: number,
) {
  const { features, loss, regularizer } = problem;
  const m = radii.length;
  const d = features.dimension;
  const theta = Float64Array.from(positions.flat());
  const r = Float64Array.from(radii);
  const losses: number[] = [];
  for (let k = 0; k < steps; k++) {
    const at = features.at({ rows: m, columns: d, data: theta });
    const y = at.integrate(r.map((v) => (v * Math.abs(v)) / m));
    losses.push(loss.value(y) + (regularizer.lambda * r.reduce((sum, v) => sum + v * v, 0)) / m);
    const { values, gradients } = at.pair(loss.derivative(y));
    const s = r.map(Math.sign);
    r.forEach((v, i) => (r[i] = v * Math.exp(-2 * alpha * (s[i]! * values[i]! + regularizer.lambda))));
    theta.forEach((v, i) => (theta[i] = v - beta * s[Math.floor(i / d)]! * gradients.data[i]!));
  }
  return { losses, theta, r };
}

describe('the experiment in two dimensions', () => {
  const starts: readonly (readonly [string, Measure])[] = [
    ['100', grid({ domain: deconvolution2d().domain, perAxis: 10, weight: 0.25 })],
    ['4', fromRadii({ positions: [[2, 2], [2, 5], [5, 2], [5, 5]], radii: [0.5, 0.5, 0.5, 0.5] })], // prettier-ignore
  ];
  it.each([
    [1, 2.766578807082],
    [4, 10.070304179044],
  ])('lambda %d reaches the known minimum, by 100 particles and by 4', async (lambda, minimum) => {
    const problem = deconvolution2d({ lambda });
    for (const [, start] of starts) {
      const flow = conic(problem, { start, alpha: 0.01, beta: 0.01 });
      const { state } = await minimize(flow, measureOracle(problem), { steps: 3000 });
      const { objective, gap, maximum, rigorous } = certify(problem, flow.measure(state));
      expect(Math.abs(objective - minimum)).toBeLessThan(1e-9);
      expect(gap).toBeLessThan(1e-9);
      expect(Math.abs(maximum - 1)).toBeLessThan(1e-9);
      expect(rigorous).toBe(true);
    }
  });

  it('follows the official loop to rounding, without a regulariser too', async () => {
    const problem = deconvolution2d({ lambda: 0 });
    const positions = starts[0]![1].positions;
    const radii = positions.map(() => 0.5);
    const expected = official(problem, { positions, radii }, 0.01, 0.01, 300);
    const flow = conic(problem, { start: fromRadii({ positions, radii }), alpha: 0.01, beta: 0.01 });
    let k = 0;
    const { state } = await minimize(flow, measureOracle(problem), {
      steps: 300,
      onStep({ report }) {
        expect(Math.abs(report.energy / expected.losses[k++]! - 1)).toBeLessThan(1e-11);
      },
    });
    state.amplitudes.forEach((r, i) => expect(r).toBeCloseTo(expected.r[i]!, 11));
    state.positions.flat().forEach((x, i) => expect(x).toBeCloseTo(expected.theta[i]!, 11));
  });
});

describe('the experiment in one dimension', () => {
  it('follows the official loop to rounding, and the gap falls with the iterations', () => {
    const problem = deconvolution1d({ truth: randomSpikes({ seed: 2 }) });
    const oracle = measureOracle(problem);
    const flow = conic(problem, { start: alternatingGrid(30), alpha: 0.05, beta: 0.005 });
    const { positions } = alternatingGrid(30);
    const radii = positions.map((_, i) => (i % 2 ? 0.5 : -0.5));
    const expected = official(problem, { positions, radii }, 0.05, 0.005, 1000);
    let state = flow.init();
    const gaps: number[] = [];
    for (let k = 0; k < 1000; k++) {
      if (k % 250 === 0) gaps.push(certify(problem, flow.measure(state)).gap);
      const { state: next, report } = run(flow, oracle, state);
      expect(Math.abs(report.energy / expected.losses[k]! - 1)).toBeLessThan(1e-11);
      state = next;
    }
    gaps.push(certify(problem, flow.measure(state)).gap);
    gaps.slice(1).forEach((gap, i) => expect(gap).toBeLessThan(gaps[i]!));
    expect(gaps.at(-1)).toBeLessThan(1e-6);
    state.positions.forEach(([x], i) => expect(x).toBeCloseTo(expected.theta[i]!, 10));
  });
});
