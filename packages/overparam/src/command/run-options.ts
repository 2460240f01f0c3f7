import { OverparamError, badOption } from '@overparam/core';
import type { Experiment } from '../experiments/experiment.ts';
import { parseMethod, formatMethod } from '../methods/method-spec.ts';
import { createTrainer } from '../methods/registry.ts';
import type { Plan } from '../results/results.ts';
import { seedsIn } from '../studies/option-values.ts';
import { outputsOf, type Task } from '../training/task.ts';
import { unknownName } from '../unknown-name.ts';
import { limit } from '../limits.ts';
import { checkModel, costOfRow, countParameters } from '../training/model.ts';

/** The options of `overparam run`, as text. */
export interface RunOptions {
  readonly methods?: string;
  readonly ablation?: string;
  readonly model?: string;
  readonly epochs?: string;
  readonly batch?: string;
  readonly seed?: string;
  readonly backend?: string;
  readonly data?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly saveEvery?: string;
  /** The command that continues, where it is another one. */
  readonly again?: string;
}

/** A plan without its backend and its data's checksum. */
export type Settings = Omit<Plan, 'data' | 'backend'>;

/**
 * What the options say; what they do not say is the experiment's default. A backend has to be there.
 * @throws OverparamError `BAD_OPTION`, `BAD_METHOD`, `UNKNOWN_METHOD`, `UNKNOWN_OPTION`, `UNKNOWN_ABLATION`
 */
export function settingsOf(experiment: Experiment, options: RunOptions): Settings {
  const { defaults } = experiment;
  const model = options.model ?? defaults.model;
  checkModel(model, experiment.models);
  const settings: Settings = {
    experiment: experiment.name,
    model,
    batch: options.batch === undefined ? defaults.batch : wholeNumber('--batch', options.batch, 1),
    epochs: options.epochs === undefined ? defaults.epochs : wholeNumber('--epochs', options.epochs, 1),
    methods: methodsOf(experiment, options),
    seeds: seedsIn('seed', options.seed ?? '0'),
  };
  checkSize(settings, { features: 1, outputs: 1, samples: Infinity });
  limit('pieces of work', '--methods, --seed', settings.methods.length * settings.seeds.length);
  return settings;
}

/**
 * By the parameters of the model, and by its activations for a batch; before data are read, what is known of them.
 * @throws OverparamError `BAD_OPTION`, `TOO_LARGE`
 */
function checkSize(
  { model, batch }: Pick<Plan, 'model' | 'batch'>,
  { features, outputs, samples }: { readonly features: number; readonly outputs: number; readonly samples: number },
): void {
  const parameters = countParameters(model, features, outputs);
  const rows = Math.min(batch, samples);
  const { activations, multiplications } = costOfRow(model, features, outputs);
  limit('numbers', `--model ${model}`, parameters);
  if (Number.isFinite(samples)) {
    limit('numbers', `--model ${model}, --batch ${batch}`, parameters + rows * (activations + features));
    limit('multiplications per step', `--model ${model}, --batch ${batch}`, 3 * rows * multiplications);
  }
}

function methodsOf(experiment: Experiment, { methods, ablation }: RunOptions): readonly string[] {
  if (methods !== undefined && ablation !== undefined)
    throw new OverparamError('BAD_OPTION', '--methods and --ablation both name methods: give one of them.');
  const { ablations, defaults } = experiment;
  if (ablation !== undefined && !Object.hasOwn(ablations, ablation))
    throw unknownName('UNKNOWN_ABLATION', `ablation of ${experiment.name}`, ablation, Object.keys(ablations));
  const list = ablation === undefined ? (methods?.split(',') ?? defaults.methods) : ablations[ablation]!;
  const { learningRates, longestStep } = experiment;
  const specs = list
    .map((text) => parseMethod(text.trim()))
    .map(({ name, options }) => ({
      name,
      options: { ...(Object.hasOwn(learningRates, name) && { lr: learningRates[name]! }), ...options },
    }));
  // Report unknown names and options before data are read.
  for (const spec of specs) createTrainer(spec, { parameters: [], batchesPerEpoch: 1, longestStep }).dispose();
  const names = specs.map(formatMethod);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw badOption('--methods', list.join(','), `each method once, and '${twice}' is there twice`);
  return names;
}

export function wholeNumber(name: string, text: string, least: number, most = 1e9): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw badOption(name, text, `a whole number from ${least} to ${most}`);
}

/**
 * The saved plan, when what the command line says agrees with it.
 * @throws OverparamError `CHECKPOINT_FOREIGN`, which names what differs
 */
export function agreeing(saved: Plan, experiment: Experiment, options: RunOptions): Settings {
  const given = settingsOf(experiment, options);
  const said: readonly (readonly [keyof Settings, boolean])[] = [
    ['experiment', true],
    ['model', options.model !== undefined],
    ['batch', options.batch !== undefined],
    ['epochs', options.epochs !== undefined],
    ['methods', options.methods !== undefined || options.ablation !== undefined],
    ['seeds', options.seed !== undefined],
  ];
  for (const [name, isSaid] of said)
    if (isSaid && JSON.stringify(saved[name]) !== JSON.stringify(given[name]))
      throw new OverparamError(
        'CHECKPOINT_FOREIGN',
        `The saved session has ${name} ${JSON.stringify(saved[name])}, not ${JSON.stringify(given[name])}: leave the option out to resume it, or choose another folder with --out.`,
      );
  return saved;
}

/** @throws OverparamError `BAD_OPTION`, `TOO_LARGE` */
export function checkBatch(settings: Settings, task: Task): void {
  const samples = task.train.count;
  if (settings.batch > samples) throw badOption('--batch', settings.batch, `at most the ${samples} samples`);
  checkSize(settings, { features: task.features, outputs: outputsOf(task), samples });
}
