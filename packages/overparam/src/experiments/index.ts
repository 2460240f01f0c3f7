import { OverparamError } from '@overparam/core';
import type { Experiment } from './experiment.ts';
import { fashionMnist } from './fashion-mnist.ts';
import { mushrooms } from './mushrooms.ts';
import { sequences } from './sequences.ts';

export const experiments: readonly Experiment[] = [fashionMnist, mushrooms, sequences];

/** @throws OverparamError `UNKNOWN_EXPERIMENT`, which lists those that there are */
export function experimentNamed(name: string): Experiment {
  const found = experiments.find((experiment) => experiment.name === name);
  if (found) return found;
  throw new OverparamError(
    'UNKNOWN_EXPERIMENT',
    `There is no experiment '${name}'. There are ${experiments.map((experiment) => experiment.name).join(', ')}: see 'overparam list'.`,
  );
}
