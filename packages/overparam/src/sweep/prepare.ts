import type { Experiment } from '../experiments/experiment.ts';
import { experiments } from '../experiments/index.ts';
import { settingsOf, type Settings } from '../command/run-options.ts';
import { startBackend } from '../session/backend.ts';
import { studies } from '../studies/index.ts';
import { optionNames, type Study } from '../studies/study.ts';
import { OverparamError } from '@overparam/core';
import type { Configuration } from './configuration.ts';
import { dataIn } from './data-folder.ts';

/** A run whose every option is known to be good. */
export type Prepared =
  | {
      readonly kind: 'experiment';
      readonly experiment: Experiment;
      readonly settings: Settings;
      readonly backend: 'wasm' | 'cpu';
      readonly data: string | undefined;
    }
  | { readonly kind: 'study'; readonly study: Study; readonly settings: object };

/**
 * Reads the options of a configuration as `overparam run` does.
 * @param dataFolder where data are, that the configuration names
 * @throws OverparamError what is wrong with an option; `NOT_IN_SWEEPS`, `DATA_OUTSIDE`, `DATA_MISSING`
 */
export async function prepare(
  { experiment: name, options }: Configuration,
  dataFolder: string | undefined,
): Promise<Prepared> {
  const { data: dataName, ...others } = options;
  const data = dataName === undefined ? undefined : await dataIn(dataFolder, dataName);
  const experiment = experiments.find((one) => one.name === name);
  if (experiment) {
    const backend = await startBackend(options['backend'] ?? 'wasm');
    return { kind: 'experiment', experiment, settings: single(settingsOf(experiment, others)), backend, data };
  }
  const study = studies.find((one) => one.name === name)!;
  if (!study.measures)
    throw new OverparamError('NOT_IN_SWEEPS', `${name} has no numbers that a sweep could compare: run it alone.`);
  const given = optionNames(study).map(({ long, key }, i) => [key, options[long] ?? study.options[i]!.default]);
  const settings = await study.settings({ ...Object.fromEntries(given), data });
  const pieces = study.pieces(settings);
  if (pieces.length !== 1)
    throw new OverparamError(
      'BAD_CONFIGURATION',
      `A run of a sweep is one piece of ${name}, and there are ${pieces.length}: ${pieces.map(({ label }) => label).join('; ')}. Give each option one value.`,
    );
  return { kind: 'study', study, settings };
}

function single(settings: Settings): Settings {
  if (settings.methods.length === 1 && settings.seeds.length === 1) return settings;
  throw new OverparamError(
    'BAD_CONFIGURATION',
    `A run of a sweep has one method and one seed, not ${settings.methods.join(',')} and ${settings.seeds.join(',')}.`,
  );
}
