import { limit } from '../../limits.ts';
import { numberIn, oneOf, seedsIn, someOf } from '../option-values.ts';
import type { Piece, StudyOption } from '../study.ts';

/** How modules are chosen; the comparisons that a claim about MAT needs. */
export const comparisons = ['full', 'mat', 'random', 'inverted', 'early-freezing', 'multirate'] as const;
export type Comparison = (typeof comparisons)[number];

/** The settings of all studies of modular adaptive training. */
export interface MatSettings {
  readonly methods: readonly Comparison[];
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly batch: number;
  /** Steps between two selections. */
  readonly every: number;
  /** Samples of the batch that spectra are computed from. */
  readonly spectraSamples: number;
  /** alpha of the ratio rule. */
  readonly alpha: number;
  /** How gradients get past modules that rest. */
  readonly gradients: 'through' | 'around';
  /**
   * `adam`: the constant step `lr` along Adam's direction; `ponos-adam`: a line search along it; `ponos`: one along the
   * gradient.
   */
  readonly inner: 'adam' | 'ponos-adam' | 'ponos';
  readonly lr: number;
  /** Steps between two measurements of the validation loss. */
  readonly measureEvery: number;
  readonly backend: 'wasm' | 'cpu';
}

/** One training. */
export interface Training extends Piece {
  readonly method: Comparison;
  readonly seed: number;
}

/** @param defaults by the name of the option */
export const optionsOf = (defaults: {
  readonly seed: string;
  readonly steps: string;
  readonly batch: string;
  readonly every: string;
  readonly spectraSamples: string;
  readonly alpha: string;
  readonly gradients: string;
  readonly lr: string;
}): readonly StudyOption[] => [
  { flags: '-m, --methods <list>', about: comparisons.join(', '), default: comparisons.join(',') },
  { flags: '-s, --seed <list>', about: '0 or 0,1,2 or 0-4', default: defaults.seed },
  { flags: '--steps <n>', about: 'steps of a training', default: defaults.steps },
  { flags: '-b, --batch <n>', about: 'samples a step', default: defaults.batch },
  { flags: '--every <n>', about: 'steps between two selections', default: defaults.every },
  { flags: '--spectra-samples <n>', about: 'samples of the batch that spectra are computed from', default: defaults.spectraSamples }, // prettier-ignore
  { flags: '--alpha <number>', about: 'modules rest below alpha times the largest lambda_max of their kind', default: defaults.alpha }, // prettier-ignore
  { flags: '--gradients <name>', about: 'around, through: how they get past modules that rest', default: defaults.gradients }, // prettier-ignore
  { flags: '--inner <name>', about: 'adam, a constant step along its direction; ponos-adam, a line search along it; ponos, one along the gradient', default: 'adam' }, // prettier-ignore
  { flags: '--lr <number>', about: "adam's learning rate", default: defaults.lr },
  { flags: '--measure-every <n>', about: 'steps between two measurements of the validation loss', default: '25' },
  { flags: '--backend <name>', about: 'wasm, cpu', default: 'wasm' },
];

/** @throws OverparamError `BAD_OPTION` */
export function settingsOf(given: Readonly<Record<string, string | undefined>>): MatSettings {
  const settings: MatSettings = {
    methods: someOf('methods', given['methods'], comparisons),
    seeds: seedsIn('seed', given['seed']),
    steps: countIn('steps', given['steps']),
    batch: countIn('batch', given['batch'], 2),
    every: countIn('every', given['every']),
    spectraSamples: countIn('spectra-samples', given['spectraSamples'], 2),
    alpha: numberIn('alpha', given['alpha'], { least: 0, most: 1 }),
    gradients: oneOf('gradients', given['gradients'], ['around', 'through']),
    inner: oneOf('inner', given['inner'], ['adam', 'ponos-adam', 'ponos']),
    lr: numberIn('lr', given['lr'], { above: 0 }),
    measureEvery: countIn('measure-every', given['measureEvery']),
    backend: oneOf('backend', given['backend'], ['wasm', 'cpu']),
  };
  limit('pieces of work', '--methods, --seed', settings.methods.length * settings.seeds.length);
  return settings;
}

export const countIn = (name: string, text: string | undefined, least = 1): number =>
  numberIn(name, text, { least, whole: true, most: 1e9 });

/** All methods of a seed before the next seed. */
export const trainings = ({ seeds, methods }: MatSettings): Training[] =>
  seeds.flatMap((seed) => methods.map((method) => ({ label: `${method}, seed ${seed}`, method, seed })));
