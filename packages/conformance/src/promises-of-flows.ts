import { someOf, type PromiseTable } from './promise.ts';
import { methodPromises } from './promises-of-methods.ts';

const flows = '@overparam/conformance, README, "testFlow"';

/** What a flow of measures keeps to. */
export const flowPromises: PromiseTable = {
  ...someOf(methodPromises, [
    'declared-questions',
    'state-unchanged',
    'completes',
    'plain-state',
    'deterministic',
    'resumes',
    'unchanged-after-fault',
    'not-finite-stays',
  ]),
  'starts-there': {
    says: 'The measure of the first state is the one that the flow was made with.',
    where: flows,
  },
  energy: {
    says: 'F_m before the step',
    where: '@overparam/wasserstein-flow, src/flows/particle-flow.ts, FlowReport.energy',
  },
  descends: { says: 'No step leaves the energy higher than it was.', where: flows },
  permutes: { says: 'The particles have no order: permuting them permutes their paths.', where: flows },
  duplicates: {
    says: 'The flow is one of measures: two particles of half the mass in the place of each leave its path as it is.',
    where: flows,
  },
};
