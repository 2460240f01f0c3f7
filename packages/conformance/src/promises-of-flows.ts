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
    says: 'The measure of the first state is the given start.',
    where: flows,
  },
  energy: {
    says: 'The reported energy is F_m before the step.',
    where: '@overparam/wasserstein-flow, src/flows/particle-flow.ts, FlowReport.energy',
  },
  descends: { says: 'No step increases the energy.', where: flows },
  permutes: { says: 'Permuting the particles permutes their paths.', where: flows },
  duplicates: {
    says: 'The flow depends on the measure alone: replacing a particle by two with half its mass does not change its path.',
    where: flows,
  },
};
