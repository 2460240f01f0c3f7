import { limit } from '../../limits.ts';
import { numberIn, numbersIn, seedsIn, someOf } from '../option-values.ts';
import type { Piece, StudyOption } from '../study.ts';

export interface HiddenLearningSettings {
  readonly methods: readonly ('gn' | 'gd')[];
  /** Standard deviations of the student's hidden layer at the start. */
  readonly tau0: readonly number[];
  /** Step sizes of Gauss-Newton. With N samples, lambda = N is its full step. */
  readonly lambda: readonly number[];
  /** Step sizes of gradient descent. */
  readonly gdLambda: readonly number[];
  readonly width: number;
  readonly inputs: number;
  readonly samples: number;
  readonly testSamples: number;
  /** The most steps. */
  readonly steps: number;
  readonly seeds: readonly number[];
}

/** One training of one student. */
export interface Training extends Piece {
  readonly method: 'gn' | 'gd';
  readonly tau0: number;
  readonly lambda: number;
  readonly seed: number;
}

export const options: readonly StudyOption[] = [
  { flags: '-m, --methods <list>', about: 'gn, gd: Gauss-Newton, gradient descent', default: 'gn,gd' },
  { flags: '--tau0 <list>', about: "standard deviations of the student's hidden layer at the start", default: '0.1' },
  {
    flags: '--lambda <list>',
    about: 'step sizes of Gauss-Newton; the number of samples is its full step',
    default: '500,100,10',
  },
  { flags: '--gd-lambda <list>', about: 'step sizes of gradient descent', default: '200' },
  { flags: '--width <n>', about: "the student's hidden units; the paper has 5000", default: '1000' },
  { flags: '--inputs <n>', about: 'inputs', default: '10' },
  { flags: '--samples <n>', about: 'samples to learn from', default: '500' },
  { flags: '--test-samples <n>', about: 'samples to test with', default: '10000' },
  { flags: '--steps <n>', about: 'steps at most', default: '1000' },
  { flags: '-s, --seed <list>', about: '0 or 0,1,2 or 0-4', default: '1' },
];

/** @throws OverparamError `BAD_OPTION` */
export function settings(given: Readonly<Record<string, string | undefined>>): HiddenLearningSettings {
  const count = (name: string, option: string): number =>
    numberIn(option, given[name], { least: 1, whole: true, most: 1e6 });
  const all: HiddenLearningSettings = {
    methods: someOf('methods', given['methods'], ['gn', 'gd']),
    tau0: numbersIn('tau0', given['tau0'], { least: 0 }),
    lambda: numbersIn('lambda', given['lambda'], { above: 0 }),
    gdLambda: numbersIn('gd-lambda', given['gdLambda'], { above: 0 }),
    width: count('width', 'width'),
    inputs: count('inputs', 'inputs'),
    samples: count('samples', 'samples'),
    testSamples: count('testSamples', 'test-samples'),
    steps: count('steps', 'steps'),
    seeds: seedsIn('seed', given['seed']),
  };
  const { width, inputs, samples, testSamples, seeds, tau0, lambda, gdLambda } = all;
  limit('numbers', '--width, --inputs, --samples, --test-samples', (width + testSamples) * inputs + samples * (width + samples)); // prettier-ignore
  limit('multiplications per step', '--width, --inputs, --samples, --test-samples', (samples * samples + testSamples * inputs) * width + samples ** 3 / 3); // prettier-ignore
  limit('pieces of work', '--seed, --tau0, --lambda, --gd-lambda', seeds.length * tau0.length * (lambda.length + gdLambda.length)); // prettier-ignore
  return all;
}

export const trainings = ({ methods, tau0, lambda, gdLambda, seeds }: HiddenLearningSettings): Training[] =>
  seeds.flatMap((seed) =>
    tau0.flatMap((deviation) =>
      methods.flatMap((method) =>
        (method === 'gn' ? lambda : gdLambda).map((step) => ({
          label: `${method === 'gn' ? 'Gauss-Newton' : 'gradient descent'}, lambda ${step}, tau0 ${deviation}${seeds.length > 1 ? `, seed ${seed}` : ''}`,
          method,
          tau0: deviation,
          lambda: step,
          seed,
        })),
      ),
    ),
  );
