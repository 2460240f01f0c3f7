import type { PromiseTable } from './promise.ts';

const keepsTo = '@overparam/core, README, "What a method keeps to"';
const flows = '@overparam/conformance, README, "testFlow"';
const report = '@overparam/wasserstein-flow, src/flows/particle-flow.ts, FlowReport.energy';

/** What a flow of measures keeps to. */
export const flowPromises: PromiseTable = {
  'declared-questions': {
    says: 'A step asks only questions named in `needs`, or in `wants`: those are there only when the oracle answers them.',
    where: keepsTo,
  },
  'state-unchanged': {
    says: '`state` is plain data that survives JSON, and is never changed in place.',
    where: keepsTo,
  },
  completes: { says: 'Where all answers are finite, a step ends, and throws nothing.', where: keepsTo },
  'plain-state': { says: '`state` is plain data that survives JSON, and is never changed in place.', where: keepsTo },
  'starts-there': {
    says: 'The measure of the first state is the one that the flow was made with.',
    where: flows,
  },
  deterministic: {
    says: 'A step is a function of the state and the answers: the same ones lead to the same questions, state and report.',
    where: keepsTo,
  },
  resumes: {
    says: 'All that a step remembers is in `state`: going on from a checkpoint is going on uninterrupted, and one method may run at several places at a time.',
    where: keepsTo,
  },
  'unchanged-after-fault': {
    says: 'State and parameters are as before the step.',
    where: '@overparam/core, README, "What you can rely on"',
  },
  'not-finite-stays': {
    says: 'An answer that is not finite does not spread: where f, its slope or its gradient is not finite, nothing moves; after any other such answer, parameters and state are finite.',
    where: keepsTo,
  },
  energy: { says: 'F_m before the step', where: report },
  descends: { says: 'No step leaves the energy higher than it was.', where: flows },
  permutes: { says: 'The particles have no order: permuting them permutes their paths.', where: flows },
  duplicates: {
    says: 'The flow is one of measures: two particles of half the mass in the place of each leave its path as it is.',
    where: flows,
  },
};
