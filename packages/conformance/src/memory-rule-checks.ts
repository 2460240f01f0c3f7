import fc from 'fast-check';
import { checkAll, type Check, type Effort } from './check.ts';
import { changeOfFrozen, frozen } from './frozen.ts';
import { ensurePlain, throughJson } from './plain-state.ts';
import { ensure, Finding } from './promise-broken.ts';
import { promiseOf } from './promise.ts';
import { rulePromises } from './promises-of-line-searches.ts';
import { ensureSame } from './same.ts';

/** The inputs of a rule at a step. */
export interface AtPoint {
  readonly value: number;
  readonly slope: number;
  readonly squaredGradientNorm: number;
  readonly samples: readonly number[];
  readonly losses: readonly number[];
}

/** A rule with memory: state and what is known at w in, a number and the next state out. */
export interface MemoryRule<State> {
  init(): State;
  next(state: State, at: AtPoint): readonly [number, State];
}

/** Losses of two of three samples, and the square of the gradient. */
const points: fc.Arbitrary<readonly AtPoint[]> = fc.array(
  fc
    .record({
      losses: fc.tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 64 })),
      squaredGradientNorm: fc.integer({ min: 1, max: 256 }),
      first: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ losses, squaredGradientNorm, first }) => ({
      value: (losses[0] + losses[1]) / 2,
      slope: -squaredGradientNorm / 16,
      squaredGradientNorm: squaredGradientNorm / 16,
      samples: [first, (first + 1) % 3],
      losses,
    })),
  { minLength: 1, maxLength: 8 },
);

export function memoryChecks<State>(rule: MemoryRule<State>, kind: 'reference' | 'step size', effort: Effort): Check[] {
  const promised = promiseOf(rulePromises);
  const stateful = { name: 'rule', init: () => rule.init() };
  const options = { runs: 100, ...effort };
  /** The numbers and states of a sequence; `pass` hands the state from step to step. */
  const follow = (given: readonly AtPoint[], pass: (state: State) => State = (state) => state): [number, State][] => {
    let state = rule.init();
    return given.map((at) => {
      const [number, next] = rule.next(frozen(pass(state)), frozen(at));
      state = next;
      return [number, next];
    });
  };
  const basic = ['state-unchanged', 'plain-state'];

  return [
    checkAll(promised('state-unchanged'), [], points, (given) => {
      try {
        follow(given);
      } catch (error) {
        const found = changeOfFrozen(error);
        throw found ? new Finding(found) : error;
      }
    }, options), // prettier-ignore
    checkAll(promised('plain-state'), ['state-unchanged'], points, (given) => {
      for (const [, state] of follow(given)) ensurePlain(stateful, state);
    }, options), // prettier-ignore
    checkAll(promised('deterministic'), basic, points, (given) => ensureSame(follow(given), follow(given), 'a second time'), options), // prettier-ignore
    checkAll(promised('resumes'), [...basic, 'deterministic'], fc.tuple(points, points), ([given, others]) => {
      const uninterrupted = follow(given);
      const resumed = follow(given, (state) => {
        // Another sequence is followed between any two steps.
        follow(others);
        return throughJson(stateful, state);
      });
      ensureSame(resumed, uninterrupted, 'from JSON, with another sequence in between');
    }, options), // prettier-ignore
    kind === 'reference'
      ? checkAll(promised('not-below'), basic, points, (given) =>
          follow(given).forEach(([R], k) => ensure(R >= given[k]!.value, () => `R is ${R}, below f = ${given[k]!.value}`)),
          options) // prettier-ignore
      : checkAll(promised('sound-step'), basic, points, (given) =>
          follow(given).forEach(([step]) => ensure(step >= 0 && step < Infinity, () => `the step is ${step}`)),
          options), // prettier-ignore
  ];
}
