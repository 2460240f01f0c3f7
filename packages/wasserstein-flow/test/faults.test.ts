import { checkpoint, isOverparamError, minimize, observing, restore, run, StepFailed, type MeasureOracle } from '@overparam/core'; // prettier-ignore
import {
  alternatingGrid,
  conic,
  deconvolution1d,
  explicit,
  fista,
  forwardBackward,
  gaussian,
  measureOracle,
  mirrorDescent,
  neurons,
  particleFlow,
  randomSpikes,
  sampled,
  squared,
  squaredNorm,
  totalVariation,
  euclidean,
  type FlowState,
  type Measure,
} from '@overparam/wasserstein-flow';
import { describe, expect, it } from 'vitest';
import { flowCases } from './flows.ts';

const problem = deconvolution1d({ truth: randomSpikes({ seed: 1 }) });
const start = alternatingGrid(12);
const failing = (code: string): unknown => expect.objectContaining({ code });

describe('steps too large', () => {
  it.each([
    ['conic', conic(problem, { start, alpha: 0.05, beta: 0.005, step: 100 })],
    ['forward-backward', forwardBackward(problem, { start, step: 0.5 })],
    ['explicit', explicit(problem, { start, step: 0.5 })],
    ['mirror-descent', mirrorDescent(problem, { start, step: 10 })],
  ])(
    '%s: the error says by how much the energy grows and which step lowers it, and the measure is kept',
    async (name, flow) => {
      const oracle = measureOracle(problem);
      const failure: unknown = await minimize(flow, oracle, { steps: 50 }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StepFailed);
      const { cause, state } = failure as StepFailed<FlowState>;
      expect(isOverparamError(cause, 'STEP_TOO_LARGE')).toBe(true);
      const { message } = cause as Error;
      expect(message).toContain(`'${name}'`);
      const [, tau, before, after, by, shorter] =
        /the step (\S+) of .* from (\S+) to (\S+), by (\S+); a step of (\S+) lowers it/.exec(message)!.map(Number);
      expect(after! - before!).toBeCloseTo(by!, 10);
      expect(by).toBeGreaterThan(0);
      expect(shorter).toBeLessThan(tau!);
      // From the last good measure the step that was named does lower the energy.
      const again = flow.measure(state);
      const careful = remade(name, again, shorter!);
      const { report } = run(careful, oracle, careful.init());
      expect(report.energy).toBeCloseTo(before!, 12);
      expect(report.energyAfter).toBeLessThan(before!);
    },
  );

  const remade = (name: string, from: Measure, step: number) =>
    name === 'conic'
      ? conic(problem, { start: from, alpha: 0.05, beta: 0.005, step })
      : { 'forward-backward': forwardBackward, explicit, 'mirror-descent': mirrorDescent }[name]!(problem, { start: from, step }); // prettier-ignore

  it('where the variation is not that of the energy, no step lowers it, and the error says so', async () => {
    const exact = measureOracle(problem);
    const wrong: MeasureOracle = {
      variation(mu, request) {
        const answer = exact.variation(mu, request);
        return { ...answer, values: answer.values.map((v) => -v) };
      },
    };
    await expect(minimize(forwardBackward(problem, { start, step: 0.01 }), wrong, { steps: 9 })).rejects.toThrowError(
      /no step down to \S+ lowers it.*checkFeatures/,
    );
  });

  it('unwatched, the flow goes on, but never into numbers that are not finite', async () => {
    const flow = forwardBackward(problem, { start, step: 0.5, watch: Infinity });
    const { steps } = await minimize(flow, measureOracle(problem), { steps: 5 });
    expect(steps).toBe(5);
    const wild = mirrorDescent(problem, { start, step: 1e6, watch: Infinity });
    const failure: unknown = await minimize(wild, measureOracle(problem), { steps: 5 }).catch(
      (error: unknown) => error,
    );
    expect((failure as StepFailed<FlowState>).state.amplitudes.every(Number.isFinite)).toBe(true);
    expect((failure as Error).cause).toEqual(failing('STEP_TOO_LARGE'));
  });
});

describe.each(flowCases)('$name', ({ problem: problemOf, start: startOf, make, step }) => {
  const ours = problemOf(5);
  const flow = make(ours, { start: startOf(6, 4), step });

  it('a fault at any question leaves the state, and the next step is as if nothing had happened', async () => {
    const whole = await minimize(flow, measureOracle(ours), { steps: 3 });
    for (let bad = 1; bad <= 4; bad++) {
      let asked = 0;
      const oracle = observing<MeasureOracle>(measureOracle(ours), {
        asked() {
          if (++asked === bad) throw new Error('out of order');
        },
      });
      const failure: unknown = await minimize(flow, oracle, { steps: 3 }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StepFailed);
      const { state, steps } = failure as StepFailed<FlowState>;
      const rest = await minimize(flow, oracle, { state, steps: 3 - steps });
      expect(rest.state).toEqual(whole.state);
    }
  });

  it.each([NaN, Infinity])('%d in an answer ends the step with the last good measure', async (value) => {
    for (const part of ['potential', 'values', 'gradients'] as const) {
      let asked = 0;
      const exact = measureOracle(ours);
      const oracle: MeasureOracle = {
        variation(mu, request) {
          const answer = exact.variation(mu, request);
          if (++asked < 3) return answer;
          if (part === 'potential') return { ...answer, potential: value };
          if (part === 'values') return { ...answer, values: answer.values.map(() => value) };
          return { ...answer, gradients: { ...answer.gradients, data: answer.gradients.data.map(() => value) } };
        },
      };
      const outcome: unknown = await minimize(flow, oracle, { steps: 6 }).catch((error: unknown) => error);
      const { state } = outcome as { state: FlowState };
      expect([...state.amplitudes, ...state.positions.flat()].every(Number.isFinite)).toBe(true);
    }
  });

  it('checkpoints of the core hold its state', () => {
    const { state } = run(flow, measureOracle(ours), flow.init());
    expect(restore(flow, JSON.stringify(checkpoint(flow, state)))).toEqual(state);
  });

  it('an abort leaves the last good measure', async () => {
    const controller = new AbortController();
    const { state, stopped, steps } = await minimize(flow, measureOracle(ours), {
      steps: 100,
      signal: controller.signal,
      onStep: ({ step }) => void (step === 3 && controller.abort()),
    });
    expect([stopped, steps, state.iteration]).toEqual(['signal', 3, 3]);
  });
});

describe('fresh batches', () => {
  const oracle = sampled((random) => {
    const inputs = Array.from({ length: 16 }, () => [gaussian(random), gaussian(random)]);
    return {
      features: neurons({ inputs, activation: 'relu' }),
      loss: squared(
        inputs.map(([x]) => Math.max(0, x!)),
        { scale: 1 / 16 },
      ),
    };
  });
  const setting = { domain: euclidean(2), regularizer: totalVariation(0) };
  const from = flowCases[1]!.start(1, 10);
  const flow = (options: object) => explicit(setting, { start: from, step: 0.05, stochastic: true, ...options });

  it('are drawn anew for each step, and are the same for the same seed', async () => {
    const energies = async (seed: number): Promise<number[]> => {
      const out: number[] = [];
      await minimize(flow({ seed }), oracle, { steps: 5, onStep: ({ report }) => void out.push(report.energy) });
      return out;
    };
    expect(await energies(1)).toEqual(await energies(1));
    expect(await energies(1)).not.toEqual(await energies(2));
    expect(new Set(await energies(1)).size).toBe(5);
  });

  it('lead to the teacher, without or with a line search', async () => {
    for (const options of [{}, { step: { initial: 0.05, growth: 1.2 } }]) {
      const method = flow({ seed: 1, ...options });
      let first: number | undefined;
      const { report, state } = await minimize(method, oracle, {
        steps: 800,
        onStep: ({ report }) => void (first ??= report.energy),
      });
      expect(report!.energy).toBeLessThan(0.05 * first!);
      expect(report!.energyAfter === null).toBe(!('step' in options));
      const again = await minimize(method, oracle, { steps: 1, state: JSON.parse(JSON.stringify(state)) as FlowState });
      expect(again.state).toEqual((await minimize(method, oracle, { steps: 1, state })).state);
    }
  });

  it('a flow that is not stochastic cannot ask for them', async () => {
    await expect(minimize(flow({ stochastic: false }), oracle, { steps: 1 })).rejects.toThrowError(/stochastic/);
  });
});

describe('options', () => {
  const none: Measure = { positions: [], weights: [] };
  it.each<readonly [string, string, () => unknown]>([
    ['no particles', 'NO_PARTICLES', () => conic(problem, { start: none })],
    ['NaN in a weight', 'NOT_FINITE', () => conic(problem, { start: { positions: [[0]], weights: [NaN] } })],
    [
      'a weight of 0 for a conic flow',
      'BAD_OPTION',
      () => conic(problem, { start: { positions: [[0]], weights: [0] } }),
    ],
    ['a negative alpha', 'BAD_OPTION', () => conic(problem, { start, alpha: -1 })],
    ['alpha and beta of 0', 'BAD_OPTION', () => conic(problem, { start, alpha: 0, beta: 0 })],
    ['an unknown retraction', 'BAD_OPTION', () => conic(problem, { start, retraction: 'flat' as 'mirror' })],
    ['a geodesic of pure transport', 'BAD_OPTION', () => conic(problem, { start, alpha: 0, retraction: 'geodesic' })],
    [
      'weight decay for a conic flow',
      'BAD_OPTION',
      () => conic({ ...problem, regularizer: squaredNorm(1) }, { start }),
    ],
    ['a step of 0', 'BAD_OPTION', () => explicit(problem, { start, step: 0 })],
    ['an infinite step', 'BAD_OPTION', () => explicit(problem, { start, step: Infinity })],
    ['an unknown step rule', 'BAD_OPTION', () => explicit(problem, { start, step: 'long' as 'lipschitz' })],
    ['a negative temperature', 'BAD_OPTION', () => explicit(problem, { start, temperature: -1 })],
    ['half a seed', 'BAD_OPTION', () => explicit(problem, { start, seed: 0.5 })],
    ['a minimum that is not finite', 'BAD_OPTION', () => explicit(problem, { start, minimum: NaN })],
    ['a negative watch', 'BAD_OPTION', () => explicit(problem, { start, watch: -1 })],
    ['unknown moves', 'BAD_OPTION', () => explicit(problem, { start, moves: 'all' as 'both' })],
    ['a negative lambda', 'BAD_OPTION', () => totalVariation(-1)],
    ['an infinite lambda', 'BAD_OPTION', () => squaredNorm(Infinity)],
    ['negative mass where positive is asked', 'NEGATIVE_MASS', () => explicit({ ...problem, regularizer: totalVariation(1, { positive: true }) }, { start })], // prettier-ignore
    ['a search for fista', 'BAD_OPTION', () => fista(problem, { start, step: 'lipschitz' as unknown as number })],
    [
      'a problem whose parts do not fit',
      'SHAPE_MISMATCH',
      () => explicit({ ...problem, domain: euclidean(2) }, { start }),
    ],
  ])('%s: %s', (_, code, make) => {
    expect(make).toThrowError(failing(code));
  });
});

it('a third party adds a flow: sign descent, in a few lines', async () => {
  const flow = particleFlow(
    {
      name: 'sign-descent',
      weight: (w) => w,
      amplitude: (w) => w,
      path: (from, at) => ({
        end: (tau) => ({ ...from, amplitudes: from.amplitudes.map((w, i) => w - tau * Math.sign(at.values[i]!)) }),
        squaredSpeeds: () => ({
          mean: at.values.reduce((sum, v) => sum + Math.abs(v), 0) / at.values.length,
          largest: 1,
        }),
      }),
    },
    { ...problem, regularizer: totalVariation(0) },
    { start, step: 'lipschitz', minimum: 0 },
  );
  const { report } = await minimize(flow, measureOracle(problem), { steps: 100 });
  expect(report!.excess).toBeLessThan(
    0.5 * (await minimize(flow, measureOracle(problem), { steps: 1 })).report!.energy,
  );
});
