import type { Asking, CompositeOracle, Linearization, Method, Oracle, SampleLossOracle } from '@overparam/core';
import type { MethodClaims } from '@overparam/conformance';

interface Counted {
  readonly steps: number;
}
type Stepping = Method<Counted, object>['step'];
type Asked = Asking<Oracle>;

const idle = ({ value, squaredGradientNorm }: Linearization): boolean =>
  !Number.isFinite(value + squaredGradientNorm) || squaredGradientNorm === 0;

/** Gradient descent with the step 1/8, which keeps every promise. */
export const descent: Method<Counted, object> = {
  name: 'descent',
  needs: ['linearize', 'probe', 'move'],
  init: () => ({ steps: 0 }),
  *step(state, oracle) {
    return yield* stepOf(state, oracle, 1 / 8);
  },
};

function* stepOf({ steps }: Counted, oracle: Asked, step: number): ReturnType<Stepping> {
  const at = yield* oracle.linearize();
  if (!idle(at)) yield* oracle.move(step);
  return { state: { steps: steps + 1 }, report: { value: at.value } };
}

const made = (changes: Partial<Method<Counted, object>>): Method<Counted, object> => ({ ...descent, ...changes });

/** The method with a step of its own, and something that it forgets at each start. */
const forgetful = (step: (hidden: { count: number }, ...given: Parameters<Stepping>) => ReturnType<Stepping>) => {
  const hidden = { count: 0 };
  return made({
    init() {
      hidden.count = 0;
      return { steps: 0 };
    },
    step: (state, oracle) => step(hidden, state, oracle),
  });
};

interface BrokenMethod {
  /** How it breaks the promise. */
  readonly how: string;
  readonly method: Method<Counted, object>;
  readonly claims?: MethodClaims;
}

/** For each promise a method that breaks it, and no other. */
export const brokenMethods: Readonly<Record<string, BrokenMethod>> = {
  'plain-options': { how: 'a function among its options', method: made({ options: { schedule: () => 1 } }) },
  'plain-state': {
    how: 'a Date in its state',
    method: made({
      init: () => ({ steps: 0, since: new Date(0) }),
      *step(state, oracle) {
        return { ...(yield* stepOf(state, oracle, 1 / 8)), state };
      },
    }),
  },
  'state-unchanged': {
    how: 'counts its steps in the state that it was given',
    method: made({
      *step(state, oracle) {
        (state as { steps: number }).steps += 1;
        return { ...(yield* stepOf(state, oracle, 1 / 8)), state };
      },
    }),
  },
  completes: {
    how: 'throws in its third step',
    method: made({
      *step(state, oracle) {
        if (state.steps === 2) throw new Error('the third step');
        return yield* stepOf(state, oracle, 1 / 8);
      },
    }),
  },
  deterministic: {
    how: 'draws its step from Math.random',
    method: made({ step: (state, oracle) => stepOf(state, oracle, (1 + Math.random()) / 16) }),
  },
  resumes: {
    how: 'shortens its steps by a count that is not in its state',
    method: forgetful((hidden, state, oracle) => stepOf(state, oracle, 1 / (8 + hidden.count++))),
  },
  'late-answers': {
    how: 'takes a shorter step when the answer came late',
    method: made({
      *step({ steps }, oracle) {
        let late = false;
        queueMicrotask(() => (late = true));
        const at = yield* oracle.linearize();
        if (!idle(at)) yield* oracle.move(late ? 1 / 16 : 1 / 8);
        return { state: { steps: steps + 1 }, report: {} };
      },
    }),
  },
  'declared-questions': {
    how: "asks 'sampleLosses' without naming it",
    method: made({
      *step(state, oracle) {
        yield { name: 'sampleLosses', args: [] };
        return yield* stepOf(state, oracle, 1 / 8);
      },
    }),
  },
  'wants-are-optional': {
    how: "asks 'sampleLosses', which it only wants, of every oracle",
    method: {
      ...descent,
      wants: ['sampleLosses'],
      *step(state: Counted, oracle: Asking<SampleLossOracle>): ReturnType<Stepping> {
        yield* oracle.sampleLosses();
        return yield* stepOf(state, oracle, 1 / 8);
      },
    } as Method<Counted, object, SampleLossOracle> as unknown as Method<Counted, object>,
  },
  'one-move-last': {
    how: 'probes after its move',
    method: made({
      *step(state, oracle) {
        const at = yield* oracle.linearize();
        if (!idle(at)) {
          yield* oracle.move(1 / 16);
          yield* oracle.linearize();
        }
        return { state: { steps: state.steps + 1 }, report: {} };
      },
    }),
  },
  'small-questions': {
    how: 'sends a vector of parameter size',
    method: {
      ...descent,
      needs: ['dimensions', 'linearize', 'move'],
      *step({ steps }: Counted, oracle: Asking<CompositeOracle>): ReturnType<Stepping> {
        const { parameters } = yield* oracle.dimensions();
        const at = yield* oracle.linearize({ mask: new Float64Array(parameters) } as object);
        if (!idle(at)) yield* oracle.move(1 / 8);
        return { state: { steps: steps + 1 }, report: {} };
      },
    } as Method<Counted, object, CompositeOracle> as unknown as Method<Counted, object>,
  },
  'unchanged-after-fault': {
    how: 'moves while it cleans up after an exception',
    method: made({
      *step(state, oracle) {
        const at = yield* oracle.linearize();
        if (idle(at)) return { state, report: {} };
        try {
          yield* oracle.probe(1 / 8);
        } catch (error) {
          yield* oracle.move(1 / 8);
          throw error;
        }
        yield* oracle.move(1 / 8);
        return { state: { steps: state.steps + 1 }, report: {} };
      },
    }),
  },
  'not-finite-stays': {
    how: 'treats NaN as a number',
    method: made({
      *step({ steps }, oracle) {
        const { value, squaredGradientNorm } = yield* oracle.linearize();
        if (squaredGradientNorm !== 0) yield* oracle.move(value / (8 * squaredGradientNorm));
        return { state: { steps: steps + 1 }, report: {} };
      },
    }),
  },
  'stays-at-minimum': {
    how: "Polyak's step, 0 / 0 at a minimum",
    method: made({
      *step({ steps }, oracle) {
        const { value, squaredGradientNorm } = yield* oracle.linearize();
        if (Number.isFinite(value + squaredGradientNorm)) yield* oracle.move(value / (4 * squaredGradientNorm));
        return { state: { steps: steps + 1 }, report: {} };
      },
    }),
  },
  descends: { how: 'climbs', method: made({ step: (state, oracle) => stepOf(state, oracle, -1 / 8) }) },
  monotone: {
    how: 'claims it, and takes every tenth step backwards',
    method: made({ step: (state, oracle) => stepOf(state, oracle, state.steps % 10 === 9 ? -1 / 8 : 1 / 8) }),
    claims: { monotone: true },
  },
  converges: {
    how: 'claims it, with steps that are too short',
    method: made({ step: (state, oracle) => stepOf(state, oracle, 1 / 1024) }),
    claims: { converges: { steps: 20, to: 1e-6 } },
  },
  linear: {
    how: 'claims it, with steps of 1 / (8 + k^2)',
    method: made({ step: (state, oracle) => stepOf(state, oracle, 1 / (8 + state.steps ** 2)) }),
    claims: { linear: { steps: 5, factor: 0.95 } },
  },
};
