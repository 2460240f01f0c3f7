import { someOf, type PromiseTable } from './promise.ts';
import { methodPromises } from './promises-of-methods.ts';

const lines = (what: string): string => `@overparam/line-search, src/line.ts, ${what}`;
const reference = (what: string): string => `@overparam/line-search, src/reference.ts, ${what}`;

/** What a line search keeps to. */
export const searchPromises: PromiseTable = {
  'asks-its-probe': { says: 'A search asks only the probe that it was given.', where: lines('Search') },
  ends: { says: 'It ends after at most `maxTrials` trials, whatever the probe answers.', where: lines('Search') },
  ...someOf(methodPromises, ['deterministic']),
  'starts-at-initial': { says: 'The first trial is `initial`.', where: lines('Line.initial') },
  'sound-steps': { says: 'Every trial step is finite and > 0.', where: lines('Search') },
  counts: { says: '`backtracks` is the number of trials after the first.', where: lines('Found.backtracks') },
  'found-is-tried': {
    says: '`step` and `trial` belong together: the accepted trial, or else the last one.',
    where: lines('Found.step'),
  },
  'accepted-means': { says: 'An accepted trial meets the condition; NaN never does.', where: lines('Condition') },
  why: { says: '`why` is set if the search failed.', where: lines('Found.why') },
  succeeds: {
    says: 'On a convex quadratic that descends at 0, a step is accepted.',
    where: '@overparam/conformance, README, "testLineSearchRule"',
  },
};

/** What a rule with memory keeps to: a reference value, a step size. */
export const rulePromises: PromiseTable = {
  ...someOf(methodPromises, ['plain-state', 'state-unchanged', 'resumes']),
  deterministic: {
    says: 'The reference and the next state are functions of the state and f(w).',
    where: reference('Reference'),
  },
  'not-below': {
    says: 'The reference is at least f(w).',
    where: lines('Line.reference'),
  },
  'sound-step': {
    says: 'A step size is finite and not negative if f and |g| are finite and f is not below its lower bound.',
    where: '@overparam/conformance, README, "testLineSearchRule"',
  },
};
