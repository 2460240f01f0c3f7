import type { PromiseTable } from './promise.ts';

const keepsTo = '@overparam/core, README, "What a method keeps to"';
const claims = '@overparam/conformance, README, "What a method may claim"';

/** What a method keeps to. */
export const methodPromises: PromiseTable = {
  'plain-options': {
    says: 'What it was made with, as plain data: with the name, enough to make the method again from a saved configuration.',
    where: '@overparam/core, src/method.ts, Method.options',
  },
  'plain-state': { says: '`state` is plain data that survives JSON, and is never changed in place.', where: keepsTo },
  'state-unchanged': {
    says: '`state` is plain data that survives JSON, and is never changed in place.',
    where: keepsTo,
  },
  completes: {
    says: 'Where all answers are finite, a step ends, and throws nothing.',
    where: keepsTo,
  },
  deterministic: {
    says: 'A step is a function of the state and the answers: the same ones lead to the same questions, state and report.',
    where: keepsTo,
  },
  resumes: {
    says: 'All that a step remembers is in `state`: going on from a checkpoint is going on uninterrupted, and one method may run at several places at a time.',
    where: keepsTo,
  },
  'late-answers': {
    says: 'It imports no tensor library, and runs unchanged on every backend, at once or with promises.',
    where: '@overparam/core, README',
  },
  'declared-questions': {
    says: 'A step asks only questions named in `needs`, or in `wants`: those are there only when the oracle answers them.',
    where: keepsTo,
  },
  'wants-are-optional': {
    says: 'Questions that a step asks only of an oracle that answers them: of any other they are absent in `oracle`.',
    where: '@overparam/core, src/method.ts, Method.wants',
  },
  'one-move-last': {
    says: 'A step asks at most one question that begins with `move`, and that one last. So it happens whole or not at all.',
    where: keepsTo,
  },
  'small-questions': {
    says: 'Nothing of parameter size crosses, and all that does is structured-cloneable, so an oracle may live in a worker or on another machine.',
    where: '@overparam/core, README, "The oracle"',
  },
  'unchanged-after-fault': {
    says: 'State and parameters are as before the step.',
    where: '@overparam/core, README, "What you can rely on"',
  },
  'not-finite-stays': {
    says: 'An answer that is not finite does not spread: where f, its slope or its gradient is not finite, nothing moves; after any other such answer, parameters and state are finite.',
    where: keepsTo,
  },
  'stays-at-minimum': {
    says: 'At a minimum, where g = 0, the parameters stay where they are, and the state stays finite.',
    where: keepsTo,
  },
  descends: { says: 'descends: f is lower after so many steps than at the start.', where: claims },
  monotone: { says: 'monotone: no step leaves f higher than it was.', where: claims },
  converges: { says: 'converges: after so many steps f - f* is at most so many times what it was.', where: claims },
  linear: {
    says: 'linear: over so many steps f - f* shrinks at least by a factor, and again and again.',
    where: claims,
  },
};
