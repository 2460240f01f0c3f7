import type { Work } from '@overparam/core';

/** The work that was done from one count to a later one. */
export const workBetween = (before: Work, after: Work): Work => ({
  forward: after.forward - before.forward,
  inputGradients: after.inputGradients - before.inputGradients,
  weightGradients: after.weightGradients - before.weightGradients,
  kernels: after.kernels - before.kernels,
});
