import { badOption, type Method } from '@overparam/core';
import { gaussNewton, levenbergMarquardt, type GaussNewtonOracle } from '@overparam/gauss-newton';
import { limit } from '../../limits.ts';
import { createTrainer } from '../../methods/registry.ts';
import { formatMethod, parseMethod, type MethodSpec } from '../../methods/method-spec.ts';
import { startBackend } from '../../session/backend.ts';
import { numberIn, seedsIn } from '../option-values.ts';
import type { Piece, StudyOption } from '../study.ts';

export interface CaliforniaSettings {
  readonly methods: readonly string[];
  readonly samples: number;
  readonly width: number;
  /** Of Gauss-Newton and Levenberg-Marquardt, which take the full batch. */
  readonly steps: number;
  /** Of the others, which take batches. */
  readonly epochs: number;
  readonly batch: number;
  readonly seeds: readonly number[];
  readonly data: string | undefined;
}

export interface Regression extends Piece {
  readonly method: string;
  readonly seed: number;
}

export const options: readonly StudyOption[] = [
  {
    flags: '-m, --methods <list>',
    about: "gn, lm (Levenberg-Marquardt), or what 'overparam list' has, with options after colons",
    default: 'lm,gn:gamma=1:search=armijo,ponos,adam:lr=0.003',
  },
  { flags: '--samples <n>', about: 'samples to learn from, of 16,512', default: '2000' },
  { flags: '--width <n>', about: 'hidden units, of tanh', default: '16' },
  { flags: '--steps <n>', about: 'steps of gn and lm', default: '30' },
  { flags: '-e, --epochs <n>', about: 'of the others', default: '200' },
  { flags: '-b, --batch <n>', about: 'samples in a batch of the others', default: '100' },
  { flags: '-s, --seed <list>', about: '0 or 0,1,2 or 0-4', default: '0' },
];

/** gn and lm are known to this study alone; the other methods are those of the registry. */
export const isSecondOrder = (name: string): name is 'gn' | 'lm' => name === 'gn' || name === 'lm';

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
export const secondOrderMethod = ({ name, options }: MethodSpec): Method<unknown, unknown, GaussNewtonOracle> =>
  (name === 'gn' ? gaussNewton(options) : levenbergMarquardt(options)) as Method<unknown, unknown, GaussNewtonOracle>;

/** @throws OverparamError `BAD_OPTION`, `BAD_METHOD`, `UNKNOWN_METHOD` */
export async function settings(given: Readonly<Record<string, string | undefined>>): Promise<CaliforniaSettings> {
  // tfjs's optimisers make tensors when they are made.
  await startBackend('wasm');
  const count = (name: string, most: number): number => numberIn(name, given[name], { least: 1, whole: true, most });
  const methods = (given['methods'] ?? '').split(',').map((text) => {
    const spec = parseMethod(text.trim());
    if (isSecondOrder(spec.name)) secondOrderMethod(spec);
    else createTrainer(spec, { parameters: [], batchesPerEpoch: 1 }).dispose();
    return formatMethod(spec);
  });
  const twice = methods.find((name, i) => methods.indexOf(name) < i);
  if (twice !== undefined)
    throw badOption('--methods', given['methods'], `each method once, and '${twice}' is there twice`);
  const samples = count('samples', 16_512);
  const all: CaliforniaSettings = {
    methods,
    samples,
    width: count('width', 100_000),
    steps: count('steps', 1e6),
    epochs: count('epochs', 1e6),
    batch: numberIn('batch', given['batch'], { least: 1, whole: true, most: samples }),
    seeds: seedsIn('seed', given['seed']),
    data: given['data'],
  };
  // Second-order methods factor a matrix of the samples.
  const factored = methods.some((method) => isSecondOrder(parseMethod(method).name)) ? samples : 0;
  limit('numbers', '--samples, --width', samples * (all.width + factored));
  limit('multiplications per step', '--samples, --width', samples * all.width * 20 + factored ** 3 / 3 + factored ** 2 * all.width); // prettier-ignore
  limit('pieces of work', '--methods, --seed', methods.length * all.seeds.length);
  return all;
}

export const regressions = ({ methods, seeds }: CaliforniaSettings): Regression[] =>
  seeds.flatMap((seed) =>
    methods.map((method) => ({ label: seeds.length > 1 ? `${method}, seed ${seed}` : method, method, seed })),
  );
