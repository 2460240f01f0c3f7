import { createHash } from 'node:crypto';
import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import { experiments } from '../experiments/index.ts';
import { describeIssue } from '../results/results.ts';
import { studies } from '../studies/index.ts';
import { optionNames } from '../studies/study.ts';
import { unknownName } from '../unknown-name.ts';
import { version } from '../version.ts';

/**
 * One run of a sweep: the options of `overparam run EXPERIMENT`. With the same configuration the same numbers come out, so its
 * hash is the run's name.
 */
export interface Configuration {
  /** The version of overparam: another one may compute otherwise. */
  readonly overparam: string;
  readonly experiment: string;
  /** The options of `overparam run EXPERIMENT` by their long names, as text. */
  readonly options: Readonly<Record<string, string>>;
}

const EXPERIMENT_OPTIONS = ['methods', 'model', 'epochs', 'batch', 'seed', 'backend', 'data'];

/** The options that a run of this experiment, or study, can have in a sweep. */
export function optionsOf(experiment: string): readonly string[] {
  if (experiments.some(({ name }) => name === experiment)) return EXPERIMENT_OPTIONS;
  const study = studies.find(({ name }) => name === experiment);
  if (study) return [...optionNames(study).map(({ long }) => long), 'data'];
  const names = [...experiments, ...studies].map(({ name }) => name);
  throw unknownName('UNKNOWN_EXPERIMENT', 'experiment', experiment, names);
}

/** 128 bits of the SHA-256 of the configuration, whatever the order of its options. */
export function hashOf({ overparam, experiment, options }: Configuration): string {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([overparam, experiment, sorted]))
    .digest('hex')
    .slice(0, 32);
}

/** `fashion-mnist, methods ponos, seed 0` */
export const describe = ({ experiment, options }: Configuration): string =>
  [experiment, ...Object.entries(options).map(([name, value]) => `${name} ${value}`)].join(', ');

const name = v.pipe(v.string(), v.maxLength(40));

export const configurationSchema: v.GenericSchema<unknown, Configuration> = v.strictObject({
  overparam: name,
  experiment: name,
  options: v.pipe(
    v.record(name, v.pipe(v.string(), v.maxLength(1000))),
    v.check((options) => Object.keys(options).length <= 40, 'too many options'),
  ),
});

/**
 * A configuration from outside: data of a known form, an experiment and options that there are.
 * @throws OverparamError `BAD_CONFIGURATION`, `OTHER_VERSION`, `UNKNOWN_EXPERIMENT`
 */
export function parseConfiguration(data: unknown): Configuration {
  const { success, output, issues } = v.safeParse(configurationSchema, data);
  if (!success) throw new OverparamError('BAD_CONFIGURATION', `The configuration has a fault: ${describeIssue(issues[0])}.`); // prettier-ignore
  if (output.overparam !== version)
    throw new OverparamError(
      'OTHER_VERSION',
      `The configuration is for overparam ${output.overparam}, and this is ${version}: install the same version everywhere.`,
    );
  const known = optionsOf(output.experiment);
  const unknown = Object.keys(output.options).find((option) => !known.includes(option));
  if (unknown !== undefined)
    throw unknownName('BAD_CONFIGURATION', `option of ${output.experiment} in a sweep`, unknown, known);
  return output;
}
