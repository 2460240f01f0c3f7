import type { Inquiry, Step, Variation } from '@overparam/core';
import type { FlowMeasure, MeasureFlow } from '@overparam/conformance';

interface State extends FlowMeasure {
  readonly steps: number;
}
interface Report {
  readonly energy: number;
}
type Flow = MeasureFlow<State, Report>;

const tau = 0.01;

const finite = ({ potential, values, gradients }: Variation): boolean =>
  [potential, ...values, ...gradients.data].every(Number.isFinite);

/** w_i <- w_i - tau R'(x_i);  x_i <- x_i - tau w_i grad R'(x_i), for w_i = m a_i. */
const moved = ({ positions, weights, steps }: State, at: Variation): State => {
  const m = weights.length;
  return {
    steps: steps + 1,
    weights: weights.map((a, i) => a - (tau / m) * at.values[i]!),
    positions: positions.map((x, i) =>
      x.map((t, k) => t - tau * m * weights[i]! * at.gradients.data[i * x.length + k]!),
    ),
  };
};

const particles = ({ positions, weights }: FlowMeasure) => ({
  positions: { rows: positions.length, columns: positions[0]!.length, data: Float64Array.from(positions.flat()) },
  weights: Float64Array.from(weights),
});

const follow = (change: (next: State, before: State, at: Variation) => Partial<State> = () => ({})): Flow['step'] =>
  function* (state, oracle) {
    const at = yield* oracle.variation(particles(state));
    const report = { energy: at.potential };
    if (!finite(at)) return { state, report };
    const next = moved(state, at);
    return { state: { ...next, ...change(next, state, at) }, report };
  };

/** An explicit flow, which keeps every promise. */
export const sound = (start: FlowMeasure): Flow => ({
  name: 'explicit',
  needs: ['variation'],
  init: () => ({ ...start, steps: 0 }),
  measure: ({ positions, weights }) => ({ positions, weights }),
  step: follow(),
});

const made =
  (changes: Partial<Flow> | ((start: FlowMeasure) => Partial<Flow>)) =>
  (start: FlowMeasure): Flow => ({ ...sound(start), ...(typeof changes === 'function' ? changes(start) : changes) });

interface BrokenFlow {
  /** How it breaks the promise. */
  readonly how: string;
  readonly make: (start: FlowMeasure) => Flow;
}

function* asking(state: State, oracle: Parameters<Flow['step']>[1]): Inquiry<Step<State, Report>> {
  return yield* follow()(state, oracle);
}

/** For each promise a flow that breaks it, and no other. */
export const brokenFlows: Readonly<Record<string, BrokenFlow>> = {
  'declared-questions': {
    how: "asks 'move' without naming it",
    make: made({
      *step(state, oracle) {
        yield { name: 'move', args: [tau] };
        return yield* asking(state, oracle);
      },
    }),
  },
  'state-unchanged': {
    how: 'moves the particles of the state that it was given',
    make: made({
      *step(state, oracle) {
        const next = yield* asking(state, oracle);
        (state.weights as number[])[0] = next.state.weights[0]!;
        return { ...next, state: { ...next.state, weights: state.weights } };
      },
    }),
  },
  completes: {
    how: 'throws in its third step',
    make: made({
      *step(state, oracle) {
        if (state.steps === 2) throw new Error('the third step');
        return yield* asking(state, oracle);
      },
    }),
  },
  'plain-state': {
    how: 'holds its weights in a typed array',
    make: made({
      step: follow(({ weights }) => ({ weights: Float64Array.from(weights) as unknown as number[] })),
      measure: ({ positions, weights }) => ({ positions, weights: Array.from(weights) }),
    }),
  },
  'starts-there': {
    how: 'starts from weights of the sum 1',
    make: made(({ positions, weights }) => {
      const sum = weights.reduce((total, a) => total + Math.abs(a), 0);
      return { init: () => ({ positions, weights: weights.map((a) => a / sum), steps: 0 }) };
    }),
  },
  deterministic: {
    how: 'adds noise of Math.random',
    make: made({ step: follow(({ weights }) => ({ weights: weights.map((a) => a * (1 - 1e-11 * Math.random())) })) }),
  },
  resumes: {
    how: 'damps by a count that is not in its state',
    make: made(() => {
      let count = 0;
      return {
        step: follow(({ weights }) => {
          count++;
          return { weights: weights.map((a) => a * (1 - 1e-11 * count)) };
        }),
      };
    }),
  },
  'unchanged-after-fault': {
    how: 'remembers a failed step',
    make: made(() => {
      let failed = false;
      return {
        *step(state, oracle) {
          try {
            const next = yield* asking(state, oracle);
            return failed ? { ...next, state: { ...next.state, steps: 0 } } : next;
          } catch (error) {
            failed = true;
            throw error;
          }
        },
      };
    }),
  },
  'not-finite-stays': {
    how: 'treats NaN as a number',
    make: made({
      *step(state, oracle) {
        const at = yield* oracle.variation(particles(state));
        return { state: moved(state, at), report: { energy: at.potential } };
      },
    }),
  },
  energy: {
    how: 'reports twice the energy',
    make: made({
      *step(state, oracle) {
        const { state: next, report } = yield* asking(state, oracle);
        return { state: next, report: { energy: 2 * report.energy } };
      },
    }),
  },
  descends: {
    how: 'climbs',
    make: made({ step: follow((next, { weights }) => ({ weights: weights.map((a, i) => 2 * a - next.weights[i]!) })) }),
  },
  permutes: {
    how: 'holds the first particle where it is',
    make: made({
      step: follow(({ positions }, before) => ({ positions: [before.positions[0]!, ...positions.slice(1)] })),
    }),
  },
  duplicates: {
    how: 'forgets the number of particles in its velocity',
    make: made({
      step: follow((_, { weights }, { values }) => ({ weights: weights.map((a, i) => a - (tau / 8) * values[i]!) })),
    }),
  },
};
