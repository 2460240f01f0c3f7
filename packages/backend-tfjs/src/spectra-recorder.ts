import { badOption, type Housekeeping } from '@overparam/core';
import { compositeOracle, type TfjsCompositeOracle } from './oracles/composite-oracle.ts';
import { shuffled } from './fit/order.ts';
import { modelProblem, type ModelLoss, type Tensors, type TrainableModel } from './fit/model-problem.ts';
import type { ModulesOption } from './modules/modules.ts';

/** What is recorded at one time; plain data where `measure` gives plain data. */
export interface SpectraRecord<Spectra> {
  /** From 0; the weights are those after `batch` batches of it, of all of them at its end. */
  readonly epoch: number;
  readonly batch: number;
  readonly spectra: Spectra;
}

export interface SpectraRecorderOptions<Spectra> {
  /** Measures an oracle: `(oracle) => spectraOf(oracle, { contraction: 'loss' })` of @overparam/mntk-mat. */
  readonly measure: (oracle: TfjsCompositeOracle & Housekeeping) => PromiseLike<Spectra> | Spectra;
  /** The model that is trained. */
  readonly model: TrainableModel;
  /** The data that the spectra are taken on, and the loss. */
  readonly x: Tensors;
  readonly y: Tensors;
  readonly loss: ModelLoss;
  readonly modules?: ModulesOption;
  /** Once in so many epochs, or batches where it says so. */
  readonly every?: { readonly epochs: number } | { readonly batches: number };
  /** How many samples of x, at most: the same ones each time. */
  readonly samples?: number;
  /** Of the choice of samples. */
  readonly seed?: number;
  /** True: numbers are read with `data()`, as WebGPU and WebGL want it. */
  readonly asynchronous?: boolean;
}

/** A callback for `model.fit` and for `fit`, with what it has recorded. */
export interface SpectraRecorder<Spectra> {
  readonly history: readonly SpectraRecord<Spectra>[];
  onTrainBegin(): Promise<void>;
  onEpochBegin(epoch: number): void;
  onBatchEnd(batch: number): Promise<void>;
  onEpochEnd(epoch: number): Promise<void>;
}

/**
 * Records spectra while a model is trained, by any optimizer: at the start, and after each `every`. Layers act as in
 * inference, and training goes on as it would without.
 *
 * @throws OverparamError of `fit` and `compositeOracle`, which end the training
 */
export function spectraRecorder<Spectra>({
  measure,
  model,
  x,
  y,
  loss,
  modules,
  every = { epochs: 1 },
  samples = 64,
  seed = 1,
  asynchronous = false,
}: SpectraRecorderOptions<Spectra>): SpectraRecorder<Spectra> {
  const period = 'epochs' in every ? every.epochs : every.batches;
  if (!(Number.isInteger(period) && period >= 1)) throw badOption('every', period, 'a whole number >= 1');
  if (!(Number.isInteger(samples) && samples >= 2)) throw badOption('samples', samples, 'a whole number >= 2');
  const history: SpectraRecord<Spectra>[] = [];
  let [epoch, batches] = [0, 0];

  const record = async (epoch: number, batch: number): Promise<void> => {
    const problem = modelProblem({ model, loss, x, y, metrics: {}, training: false, regularized: true });
    const chosen = problem.samples > samples ? shuffled(problem.samples, seed, 0).slice(0, samples).sort() : undefined;
    const { outputs, variables } = problem;
    const oracle = compositeOracle({
      outputs,
      loss: problem.loss,
      variables,
      asynchronous,
      ...(modules && { modules }),
    });
    try {
      problem.select(chosen);
      history.push({ epoch, batch, spectra: await measure(oracle) });
    } finally {
      oracle.dispose();
      problem.dispose();
    }
  };
  return {
    history,
    async onTrainBegin() {
      [epoch, batches] = [0, 0];
      await record(0, 0);
    },
    onEpochBegin(which) {
      epoch = which;
      batches = 0;
    },
    async onBatchEnd(batch) {
      batches = batch + 1;
      if ('batches' in every && batches % period === 0) await record(epoch, batches);
    },
    async onEpochEnd(which) {
      if ('epochs' in every && (which + 1) % period === 0) await record(which, batches);
    },
  };
}
