import { type Direction } from '@overparam/backend-tfjs';
import { OverparamError, badOption, type Method } from '@overparam/core';
import {
  crossBatchGrippo,
  decsps,
  monotonePolyak,
  ponos,
  ponosAdam,
  ponosReset0,
  ponosPrec,
  singleBatchGrippo,
  sls,
  slsGoldstein,
  slsPonos,
  slsPrec,
  sps,
  spsPonos,
  spsPrec,
  zhangEvery2,
  zhangReset2,
  zhangReset3,
  zhangReset4,
  type StepReport,
} from '@overparam/polyak-nonmonotone';
import * as tf from '@tensorflow/tfjs';
import type { Trainer } from '../training/trainer.ts';
import { unknownName } from '../unknown-name.ts';
import { formatMethod, type MethodSpec, type OptionValue } from './method-spec.ts';
import { methodTrainer } from './method-trainer.ts';
import { sampleLossTrainer } from './sample-loss-trainer.ts';
import { tfjsTrainer } from './tfjs-trainer.ts';

/** What an experiment gives to a method beside its own options. */
export interface MethodContext {
  readonly parameters: readonly tf.Variable[];
  /** N / batch, not rounded: what the papers' code calls n_batches_per_epoch. */
  readonly batchesPerEpoch: number;
  /** The longest step of a line search; the methods' own default where absent. */
  readonly longestStep?: number | undefined;
}

type Options = Readonly<Record<string, OptionValue>>;

/** A method that the command knows. */
export interface MethodEntry {
  /** As figures name it. */
  readonly label: string;
  readonly about: string;
  readonly create: (options: Options, context: MethodContext) => Trainer;
}

/** The options that an experiment sets, under the names that a method has for them, and the direction it is made for. */
interface Given {
  readonly batches?: 'n_batches_per_epoch';
  readonly longest?: 'max_eta' | 'eta_max';
  readonly direction?: Direction;
}

function ours<State, Needs extends object>(
  label: string,
  about: string,
  make: (options: never) => Method<State, StepReport, Needs>,
  { batches, longest, direction: usual = 'gradient' }: Given = {},
): MethodEntry {
  return {
    label,
    about,
    create({ direction = usual, ...options }, { parameters, batchesPerEpoch, longestStep }) {
      const method = make({
        ...(batches && { [batches]: batchesPerEpoch }),
        ...(longest && longestStep !== undefined && { [longest]: longestStep }),
        ...options,
      } as never);
      return methodTrainer(method, direction as Direction, parameters);
    },
  };
}

function tfjs(label: string, name: string, make: (learningRate: number) => tf.Optimizer): MethodEntry {
  return {
    label,
    about: `${name}; its option is lr, the learning rate`,
    create({ lr, ...others }, { parameters }) {
      const [other] = Object.keys(others);
      if (other !== undefined)
        throw badOption(`The option of ${name}`, other, 'lr, the learning rate, and nothing else');
      if (typeof lr !== 'number' || !(lr > 0)) throw badOption('lr', lr, 'a number > 0, the learning rate');
      return tfjsTrainer(make(lr), lr, parameters);
    },
  };
}

const batches = 'n_batches_per_epoch';
const longest = 'max_eta';
const preconditioned = { batches, longest: 'eta_max', direction: 'adam' } as const;

export const methods: Readonly<Record<string, MethodEntry>> = {
  ponos: ours('PoNoS', 'Polyak nonmonotone line search; nothing to tune', ponos, { longest }),
  sls: ours('SLS', 'monotone stochastic line search, as PoNoS is compared with it', slsPonos, {
    batches,
    longest: 'eta_max',
  }),
  sps: ours('SPS', 'stochastic Polyak step, as PoNoS is compared with it', spsPonos, { batches, longest }),
  'ponos-adam': ours('PoNoS Adam', "a line search along Adam's direction; nothing to tune", ponosAdam, {
    direction: 'adam',
  }),
  adam: tfjs('Adam', 'tf.train.adam', (lr) => tf.train.adam(lr)),
  sgd: tfjs('SGD', 'tf.train.sgd', (lr) => tf.train.sgd(lr)),
  'ponos-reset0': ours('PoNoS reset 0', 'PoNoS that forgets its backtracks', ponosReset0, { longest }),
  'zhang-reset2': ours('reset 2', 'nonmonotone, from the step before, grown', zhangReset2, { batches, longest }),
  'zhang-reset3': ours('reset 3', 'nonmonotone, from the ratio of gradients', zhangReset3, { batches, longest }),
  'zhang-reset4': ours('reset 4', 'nonmonotone, from the last decrease', zhangReset4, { batches, longest }),
  'zhang-every2': ours('every 2', 'searches on every second batch', zhangEvery2, { longest }),
  'monotone-polyak': ours('monotone', "monotone line search from Polyak's step", monotonePolyak, { longest }),
  'cross-batch-grippo': ours('cross-batch Grippo', 'compares with the worst batch of an epoch', crossBatchGrippo, {
    batches,
    longest,
  }),
  'single-batch-grippo': {
    label: 'single-batch Grippo',
    about: "compares with the worst of the samples' own last losses",
    create: (options, { parameters, batchesPerEpoch, longestStep: max_eta }) =>
      sampleLossTrainer(
        singleBatchGrippo({ ...(max_eta !== undefined && { max_eta }), [batches]: batchesPerEpoch, ...options }),
        parameters,
      ),
  },
  'sls-original': ours('SLS (2019)', 'SLS, the original code', sls, { batches }),
  'sps-original': ours('SPS (2021)', 'SPS, the original code', sps, { batches }),
  'sls-goldstein': ours('SLS Goldstein', "SLS with Goldstein's conditions", slsGoldstein, {
    batches,
    longest: 'eta_max',
  }),
  'ponos-prec': ours('PoNoS prec', "PoNoS along Adam's direction", ponosPrec, preconditioned),
  'sls-prec': ours('SLS prec', "SLS along Adam's direction", slsPrec, preconditioned),
  'sps-prec': ours('SPS prec', "SPS along Adam's direction", spsPrec, preconditioned),
  decsps: ours('DecSPS', 'decreasing stochastic Polyak steps', decsps),
};

/** @throws OverparamError `UNKNOWN_METHOD`, which lists those that there are */
export function methodNamed(name: string): MethodEntry {
  const entry = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (entry) return entry;
  throw unknownName('UNKNOWN_METHOD', 'method', name, Object.keys(methods));
}

/** How figures and tables name a method with options. */
export function labelOf({ name, options }: MethodSpec): string {
  const given = Object.entries(options).map(([key, value]) => `${key} ${value}`);
  return [methodNamed(name).label, ...given].join(', ');
}

/** @throws OverparamError `UNKNOWN_METHOD`, `BAD_OPTION`, `UNKNOWN_OPTION` */
export function createTrainer(spec: MethodSpec, context: MethodContext): Trainer {
  try {
    return methodNamed(spec.name).create(spec.options, context);
  } catch (error) {
    if (error instanceof OverparamError && !error.message.includes(spec.name))
      throw new OverparamError(error.code, `${formatMethod(spec)}: ${error.message}`, { cause: error });
    throw error;
  }
}
