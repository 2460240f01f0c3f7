import { someOf, type PromiseTable } from './promise.ts';
import { methodPromises } from './promises-of-methods.ts';

const lines = (what: string): string => `@overparam/line-search, src/line.ts, ${what}`;
const reference = (what: string): string => `@overparam/line-search, src/reference.ts, ${what}`;

/** What a line search keeps to. */
export const searchPromises: PromiseTable = {
  'asks-its-probe': { says: 'A line search: trial steps out, what is found there in.', where: lines('Search') },
  ends: { says: 'It ends, whatever is found: after `maxTrials` trials at the latest.', where: lines('Search') },
  ...someOf(methodPromises, ['deterministic']),
  'starts-at-initial': { says: 'The first step to try.', where: lines('Line.initial') },
  'sound-steps': { says: 'Every step that it tries is finite, and > 0.', where: lines('Search') },
  counts: { says: 'How many trials came after the first.', where: lines('Found.backtracks') },
  'found-is-tried': {
    says: 'The step of `trial`: the accepted one, or else the last tried',
    where: lines('Found.step'),
  },
  'accepted-means': { says: 'Whether a trial is good enough. A NaN never is.', where: lines('Condition') },
  why: { says: 'Why the search ended short of its conditions, if it did.', where: lines('Found.why') },
  succeeds: {
    says: 'On a convex quadratic that descends at 0, it accepts a step.',
    where: '@overparam/conformance, README, "testLineSearchRule"',
  },
};

/** What a rule with memory keeps to: a reference value, a step size. */
export const rulePromises: PromiseTable = {
  ...someOf(methodPromises, ['plain-state', 'state-unchanged', 'resumes']),
  deterministic: {
    says: 'A rule with memory, as plain data: state and f(w) in, R and the next state out.',
    where: reference('Reference'),
  },
  'not-below': {
    says: 'What a trial is compared with: f(w) for a monotone search, more for a nonmonotone one.',
    where: lines('Line.reference'),
  },
  'sound-step': {
    says: 'A step size is finite, and not negative, where f and |g| are finite and f is not below its least value.',
    where: '@overparam/conformance, README, "testLineSearchRule"',
  },
};
