import { OverparamError } from '@overparam/core';

/** The error of a question about f elsewhere in a step that declined such questions. */
export const probesDeclined = (): Error =>
  new OverparamError(
    'NOT_LINEARIZED',
    "This step began with 'linearize({ probes: false })', so that f is known at its point alone: leave 'probes' out to evaluate it elsewhere.",
  );
