import type { Experiment } from './experiment.ts';
import { fashionMnist } from './fashion-mnist.ts';
import { mushrooms } from './mushrooms.ts';
import { sequences } from './sequences.ts';
import { unknownName } from '../unknown-name.ts';

export const experiments: readonly Experiment[] = [fashionMnist, mushrooms, sequences];

/** @throws OverparamError `UNKNOWN_EXPERIMENT`, which names the nearest and lists all */
export function experimentNamed(name: string): Experiment {
  const found = experiments.find((experiment) => experiment.name === name);
  if (found) return found;
  const names = experiments.map((experiment) => experiment.name);
  throw unknownName('UNKNOWN_EXPERIMENT', 'experiment', name, names);
}
