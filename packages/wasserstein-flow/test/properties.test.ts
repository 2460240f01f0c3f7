import { run } from '@overparam/core';
import {
  certify,
  circle,
  conic,
  deconvolution1d,
  energy,
  explicit,
  fista,
  forwardBackward,
  gaussianKernel,
  grid,
  interaction,
  ista,
  measureOracle,
  squared,
  solve,
  totalVariation,
  unregularized,
  euclidean,
  type FlowState,
  type Measure,
} from '@overparam/wasserstein-flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowCases, path } from './flows.ts';

const seeds = fc.integer({ min: 0, max: 10_000 });
const few = { numRuns: 15, seed: 1 };
const close = (a: readonly number[], b: readonly number[], tolerance: number): void => {
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => expect(Math.abs(v - b[i]!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(v))));
};
const flat = ({ positions, amplitudes }: FlowState): number[] => [...positions.flat(), ...amplitudes];

describe.each(flowCases)('$name', ({ problem: problemOf, start: startOf, make, step }) => {
  it('energy does not grow: at constant steps no longer than those that "lipschitz" finds, and along searches', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = problemOf(seed);
        const start = startOf(seed + 1, 6);
        for (const rule of ['lipschitz', { initial: step, growth: 1.5 }] as const) {
          const { reports } = path(make(problem, { start, step: rule }), problem, 15);
          for (const { energy, energyAfter, lipschitz, step: tau } of reports) {
            expect(energyAfter!).toBeLessThanOrEqual(energy);
            expect(lipschitz).toBe(rule === 'lipschitz' ? 1 / tau : null);
          }
        }
        const first = path(make(problem, { start, step: 'lipschitz' }), problem, 1).reports[0]!;
        const once = path(make(problem, { start, step: first.step / 2 }), problem, 1).reports[0]!;
        expect(once.energyAfter!).toBeLessThanOrEqual(once.energy);
      }),
      few,
    );
  });

  it('dissipation: (F(u_1) - F(u_0)) / tau -> -1/m sum |v_i|^2', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = problemOf(seed);
        const at = (tau: number) => path(make(problem, { start: startOf(seed + 1, 6), step: tau }), problem, 1).reports[0]!; // prettier-ignore
        const error = (tau: number): number => {
          const { energy, energyAfter, dissipation } = at(tau);
          return Math.abs((energyAfter! - energy) / tau / dissipation + 1);
        };
        expect(at(step).dissipation).toBeLessThanOrEqual(at(step).largestVelocity ** 2 * (1 + 1e-12));
        // Of first order in tau, down to where rounding counts.
        expect(error(step * 1e-4)).toBeLessThan(1e-2 * error(step) + 1e-5);
      }),
      few,
    );
  });

  it('a permutation of the particles permutes the path', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = problemOf(seed);
        const start = startOf(seed + 1, 6);
        const order = [3, 0, 5, 1, 4, 2];
        const permuted = (measure: Measure): Measure => ({
          positions: order.map((i) => measure.positions[i]!),
          weights: order.map((i) => measure.weights[i]!),
        });
        const flow = make(problem, { start, step });
        const one = flow.measure(path(flow, problem, 10).states.at(-1)!);
        const other = make(problem, { start: permuted(start), step });
        const two = other.measure(path(other, problem, 10).states.at(-1)!);
        close(permuted(one).positions.flat(), two.positions.flat(), 1e-11);
        close(permuted(one).weights, two.weights, 1e-11);
      }),
      few,
    );
  });

  it('duplicating all particles leaves the path of the measure as it is, and duplicates stay equal', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = problemOf(seed);
        const start = startOf(seed + 1, 5);
        const twice: Measure = {
          positions: [...start.positions, ...start.positions],
          weights: [...start.weights, ...start.weights].map((a) => a / 2),
        };
        const one = path(make(problem, { start, step }), problem, 10);
        const two = path(make(problem, { start: twice, step }), problem, 10);
        close(two.reports.map((r) => r.energyAfter!), one.reports.map((r) => r.energyAfter!), 1e-11); // prettier-ignore
        const { positions, amplitudes } = two.states.at(-1)!;
        expect(positions.slice(5)).toEqual(positions.slice(0, 5));
        expect(amplitudes.slice(5)).toEqual(amplitudes.slice(0, 5));
        close(amplitudes.slice(0, 5), one.states.at(-1)!.amplitudes, 1e-10);
      }),
      few,
    );
  });

  it('state is plain: a run resumed from JSON after any step is the same to the bit', () => {
    const problem = problemOf(3);
    for (const options of [{}, { temperature: 1e-3 }, { step: 'lipschitz' as const }]) {
      const flow = make(problem, { start: startOf(4, 5), step, ...options });
      const { states } = path(flow, problem, 6);
      states.slice(0, -1).forEach((state, k) => {
        const again = run(flow, measureOracle(problem), JSON.parse(JSON.stringify(state)) as FlowState);
        expect(again.state).toEqual(states[k + 1]);
      });
    }
  });

  it('the same seed gives the same noise, another seed other noise', () => {
    const problem = problemOf(3);
    const noisy = (seed: number): number[] =>
      flat(path(make(problem, { start: startOf(4, 5), step, temperature: 0.1, seed }), problem, 4).states.at(-1)!);
    expect(noisy(1)).toEqual(noisy(1));
    expect(noisy(1)).not.toEqual(noisy(2));
  });
});

describe('relu networks', () => {
  const { problem: network, start } = flowCases[1]!;
  it('scaling (w, x) to (w / c, c x) leaves the outputs unchanged', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 0.1, max: 10, noNaN: true }), (seed, c) => {
        const problem = { ...network(seed), regularizer: unregularized() };
        const { positions, weights } = start(seed, 6);
        const scaled = { positions: positions.map((x) => x.map((v) => c * v)), weights: weights.map((a) => a / c) };
        expect(energy(problem, scaled)).toBeCloseTo(energy(problem, { positions, weights }), 10);
      }),
      few,
    );
  });

  it('balancedness: without V, w^2 - |x|^2 is conserved, up to the first order of the step', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const problem = { ...network(seed), regularizer: unregularized() };
        const drift = (tau: number): number => {
          const { states } = path(
            explicit(problem, { start: start(seed, 5), step: tau }),
            problem,
            Math.round(0.1 / tau),
          );
          const imbalance = ({ positions, amplitudes }: FlowState): number[] =>
            amplitudes.map((w, i) => w * w - positions[i]!.reduce((sum, v) => sum + v * v, 0));
          const [before, after] = [imbalance(states[0]!), imbalance(states.at(-1)!)];
          return Math.max(...before.map((v, i) => Math.abs(v - after[i]!)));
        };
        const coarse = drift(0.01);
        expect(drift(0.001)).toBeLessThan(0.2 * coarse + 1e-12);
      }),
      few,
    );
  });
});

it('on the circle, shifting data and start shifts the path', () => {
  fc.assert(
    fc.property(seeds, fc.double({ min: -3, max: 3, noNaN: true }), (seed, shift) => {
      const start = flowCases[4]!.start(seed, 6);
      const truth = flowCases[4]!.start(seed + 1, 3);
      const shifted = ({ positions, weights }: Measure): Measure => ({
        positions: positions.map(([x]) => [x! + shift]),
        weights,
      });
      for (const make of [forwardBackward, conic]) {
        const end = (from: Measure, to: Measure): FlowState => {
          const problem = deconvolution1d({ truth: to });
          return path(make(problem, { start: from, step: 1e-3 }), problem, 20).states.at(-1)!;
        };
        const [one, two] = [end(start, truth), end(shifted(start), shifted(truth))];
        close(shifted({ positions: one.positions, weights: [] }).positions.flat(), two.positions.flat(), 1e-10);
        close(one.amplitudes, two.amplitudes, 1e-10);
      }
    }),
    few,
  );
});

it('mirror, canonical and geodesic steps agree to O(tau^2)', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const { problem: problemOf, start } = flowCases[4]!;
      const problem = problemOf(seed);
      const after = (retraction: 'mirror' | 'canonical' | 'geodesic', step: number): number[] =>
        flat(path(conic(problem, { start: start(seed, 5), retraction, alpha: 0.3, beta: 0.1, step }), problem, 1).states[1]!); // prettier-ignore
      const apart = (other: 'canonical' | 'geodesic', step: number): number => {
        const mirror = after('mirror', step);
        return Math.max(...after(other, step).map((v, i) => Math.abs(v - mirror[i]!)));
      };
      for (const other of ['canonical', 'geodesic'] as const) {
        const ratio = apart(other, 1e-3) / apart(other, 1e-4);
        expect(ratio).toBeGreaterThan(90);
        expect(ratio).toBeLessThan(110);
      }
    }),
    few,
  );
});

describe('forward-backward', () => {
  const problem = deconvolution1d({ truth: { positions: [[1], [2.5], [4]], weights: [1, -0.6, 0.8] }, lambda: 0.2 }); // prettier-ignore
  it('stays where the stationarity inclusion holds', async () => {
    const { measure } = await solve(problem, { gap: 1e-15 });
    const idle: Measure = { positions: [...measure.positions, [5.5]], weights: [...measure.weights, 0] };
    const flow = forwardBackward(problem, { start: idle, step: 0.01 });
    const { states, reports } = path(flow, problem, 1);
    close(flat(states[1]!), flat(states[0]!), 1e-14);
    expect(reports[0]!.largestVelocity).toBeLessThan(1e-11);
  });

  it('settles nowhere else', () => {
    const start = grid({ domain: problem.domain, perAxis: 10 });
    const flow = forwardBackward(problem, { start, step: 3e-3, watch: Infinity });
    const oracle = measureOracle(problem);
    let state = flow.init();
    let speed = Infinity;
    for (let k = 0; k < 7000; k++) {
      const next = run(flow, oracle, state);
      ({ state } = next);
      speed = next.report.largestVelocity;
    }
    expect(speed).toBeLessThan(1e-9);
    const measure = flow.measure(state);
    const { gap, supportResidual, maximum } = certify(problem, measure);
    expect(measure.weights.some((a) => a === 0)).toBe(true);
    expect(supportResidual).toBeLessThan(1e-8);
    expect(maximum).toBeLessThan(1 + 1e-8);
    expect(gap).toBeLessThan(1e-10);
  });
});

it('many particles and a small lambda recover the spikes: places to 1e-3, weights to O(lambda)', () => {
  const truth: Measure = { positions: [[0.7], [2.4], [4.4]], weights: [0.4, 0.25, 0.35] };
  const lambda = 0.01;
  const problem = deconvolution1d({ truth, cutoff: 5, lambda });
  const start = grid({ domain: circle(), perAxis: 20, weight: 0.25 });
  const flow = conic(problem, { start, alpha: 0.05, beta: 0.005 });
  const measure = flow.measure(path(flow, problem, 5000).states.at(-1)!);
  const { maximum, gap } = certify(problem, measure);
  expect(maximum).toBeLessThan(1 + 1e-3);
  expect(gap).toBeLessThan(1e-6 * energy(problem, { positions: [], weights: [] }));
  truth.positions.forEach(([z], j) => {
    const near = measure.positions.flatMap(([x], i) => (Math.abs(x! - z!) < 0.3 ? [i] : []));
    const mass = near.reduce((sum, i) => sum + measure.weights[i]!, 0);
    const place = near.reduce((sum, i) => sum + measure.weights[i]! * measure.positions[i]![0]!, 0) / mass;
    expect(Math.abs(place - z!)).toBeLessThan(1e-3);
    expect(Math.abs(mass - truth.weights[j]!)).toBeLessThan(lambda);
  });
});

it('FISTA reaches the minimum over the grid, by the duality gap there, and is faster than ISTA', () => {
  const lambda = 0.1;
  const problem = deconvolution1d({ truth: { positions: [[1], [3]], weights: [1, -0.5] }, lambda });
  const start = grid({ domain: circle(), perAxis: 30 });
  const method = fista(problem, { start, step: 0.9, minimum: 0 });
  const oracle = measureOracle(problem);
  let state = method.init();
  let early = 0;
  for (let k = 0; k < 2500; k++) {
    const next = run(method, oracle, JSON.parse(JSON.stringify(state)) as typeof state);
    ({ state } = next);
    if (k === 100) early = next.report.excess!;
  }
  const { positions, weights } = method.measure(state);
  const mu = {
    positions: { rows: 30, columns: 1, data: Float64Array.from(positions.flat()) },
    weights: Float64Array.from(weights),
  };
  const { values } = oracle.variation(mu);
  const scale = Math.min(1, lambda / values.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
  const slack = weights.reduce((sum, a, i) => sum + lambda * Math.abs(a) + scale * a * values[i]!, 0);
  expect(oracle.fenchelYoung(mu, scale) + slack).toBeLessThan(1e-6);
  const slower = path(ista(problem, { start, step: 0.9 }), problem, 101).reports[100]!;
  expect(early).toBeLessThan(slower.energy);
});

describe('interactions', () => {
  const target: Measure = { positions: [[0], [1], [2]], weights: [0.25, 0.5, 0.25] };
  const oracle = interaction(gaussianKernel(1, { width: 0.7 }), target);
  const setting = { domain: euclidean(1), regularizer: unregularized() };

  it('the first variation is that of half the squared MMD', () => {
    const h = 1e-5;
    const R = (weights: number[], x: number[]): number =>
      oracle.variation({ positions: { rows: 2, columns: 1, data: Float64Array.from(x) }, weights: Float64Array.from(weights) }).potential; // prettier-ignore
    const mu = {
      positions: { rows: 2, columns: 1, data: Float64Array.of(0.3, 1.7) },
      weights: Float64Array.of(0.6, 0.4),
    };
    const { values, gradients } = oracle.variation(mu);
    expect((R([0.6 + h, 0.4], [0.3, 1.7]) - R([0.6 - h, 0.4], [0.3, 1.7])) / (2 * h)).toBeCloseTo(values[0]!, 8);
    expect((R([0.6, 0.4], [0.3, 1.7 + h]) - R([0.6, 0.4], [0.3, 1.7 - h])) / (2 * h)).toBeCloseTo(0.4 * gradients.data[1]!, 8); // prettier-ignore
    expect(oracle.variation({ positions: { rows: 3, columns: 1, data: Float64Array.of(0, 1, 2) }, weights: Float64Array.of(0.25, 0.5, 0.25) }).potential).toBeCloseTo(0, 15); // prettier-ignore
  });

  it('the MMD flow moves positions alone, towards the target', () => {
    const start: Measure = { positions: [[-1], [-0.5], [2.5], [3]], weights: [0.25, 0.25, 0.25, 0.25] };
    const flow = explicit(setting, { start, moves: 'positions', step: 0.2 });
    let state = flow.init();
    const energies: number[] = [];
    for (let k = 0; k < 600; k++) {
      const next = run(flow, oracle, state);
      ({ state } = next);
      energies.push(next.report.energyAfter!);
    }
    expect(flow.measure(state).weights).toEqual(start.weights);
    expect(energies.at(-1)).toBeLessThan(1e-3 * energies[0]!);
  });
});

it('Langevin noise alone diffuses as sqrt(2 T t), in each coordinate', () => {
  const problem = flowCases[1]!.problem(1);
  const still = { ...problem, loss: squared(new Float64Array(8)), regularizer: totalVariation(0) };
  const m = 400;
  const start: Measure = { positions: Array.from({ length: m }, () => [0, 0]), weights: Array.from({ length: m }, () => 0) }; // prettier-ignore
  const flow = explicit(still, { start, moves: 'positions', step: 0.01, temperature: 0.5, seed: 3 });
  const { positions } = path(flow, still, 100).states.at(-1)!;
  const square = positions.reduce((sum, [x, z]) => sum + x! * x! + z! * z!, 0) / (2 * m);
  expect(Math.abs(square - 1)).toBeLessThan(0.15);
});
