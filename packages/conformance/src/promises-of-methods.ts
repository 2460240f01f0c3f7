import type { PromiseTable } from './promise.ts';

const keepsTo = '@overparam/core, README, "What a method keeps to"';
const claims = '@overparam/conformance, README, "What a method may claim"';

/** What a method keeps to. */
export const methodPromises: PromiseTable = {
  'plain-options': {
    says: '`options` is plain data, from which the method can be created again.',
    where: '@overparam/core, src/method.ts, Method.options',
  },
  'plain-state': { says: '`state` is plain JSON data and is never mutated.', where: keepsTo },
  'state-unchanged': {
    says: '`state` is plain JSON data and is never mutated.',
    where: keepsTo,
  },
  completes: {
    says: 'If all answers are finite, a step ends without throwing.',
    where: keepsTo,
  },
  deterministic: {
    says: 'A step is a function of the state and the answers: equal ones give equal questions, state and report.',
    where: keepsTo,
  },
  resumes: {
    says: 'All memory is in `state`: a run resumed from a checkpoint equals an uninterrupted one, and one method object may drive several runs.',
    where: keepsTo,
  },
  'late-answers': {
    says: 'Answers may be promises; the result is the same.',
    where: '@overparam/core, README',
  },
  'declared-questions': {
    says: 'A step asks only what `needs` or `wants` list.',
    where: keepsTo,
  },
  'wants-are-optional': {
    says: 'A step works without the questions in `wants`, which are `undefined` if the oracle does not have them.',
    where: '@overparam/core, src/method.ts, Method.wants',
  },
  'one-move-last': {
    says: 'A step asks at most one question whose name begins with `move`, as its last, so it happens completely or not at all.',
    where: keepsTo,
  },
  'small-questions': {
    says: 'Only structured-cloneable scalars and arrays of sample size are exchanged, never data of parameter size.',
    where: '@overparam/core, README, "The oracle"',
  },
  'unchanged-after-fault': {
    says: 'After an exception, state and parameters are as before the step.',
    where: '@overparam/core, README, "What you can rely on"',
  },
  'not-finite-stays': {
    says: 'If f, its slope or its gradient is not finite, nothing moves; after any other non-finite answer, parameters and state are finite.',
    where: keepsTo,
  },
  'stays-at-minimum': {
    says: 'Where g = 0, the parameters do not move and the state stays finite.',
    where: keepsTo,
  },
  descends: { says: 'descends: f is lower after n steps than at the start.', where: claims },
  monotone: { says: 'monotone: no step increases f.', where: claims },
  converges: {
    says: 'converges: after n steps f - f* is at most the given fraction of its initial value.',
    where: claims,
  },
  linear: {
    says: 'linear: every n steps f - f* shrinks at least by the given factor.',
    where: claims,
  },
};
