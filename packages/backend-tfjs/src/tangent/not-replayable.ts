import { OverparamError } from '@overparam/core';

export const notReplayable = (name: string): Error =>
  new OverparamError(
    'NOT_REPLAYABLE',
    `The ${name} reads back values that depend on the parameters (dataSync, arraySync), or assigns to them: a composite oracle needs it to be tensor operations throughout.`,
  );
