import { isFinite, all as allTrue, logicalAnd, nextFrame, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  OverparamError,
  StepFailed,
  badOption,
  checkNeeds,
  checkpoint as checkpointOf,
  isOverparamError,
  restore,
  runAsync,
  required,
  withDefaults,
  type Answer,
  type Method,
  type Signal,
} from '@overparam/core';
import { compositeOracle } from '../oracles/composite-oracle.ts';
import type { Direction } from '../directions/index.ts';
import { checkMethod } from '../check-method.ts';
import { endingIn } from '../ending-in.ts';
import { disposeAll } from '../recording/engine.ts';
import type { ModulesOption } from '../modules/modules.ts';
import { calling, type FitCallback } from './callbacks.ts';
import { checkCheckpoint, checkWeights, loadMemory, loadWeights, save, type FitCheckpoint } from './checkpoint.ts';
import type { SampleLoss } from './losses.ts';
import { modelProblem, type ModelLoss, type ModelProblem, type Tensors, type TrainableModel } from './model-problem.ts';
import { shuffled } from './order.ts';

export interface FitOptions<State, Report> {
  /** A built `tf.LayersModel`; it need not be compiled. */
  readonly model: TrainableModel;
  /** By name, or the loss of each sample as a function; one for all outputs or one for each. Its mean is minimized. */
  readonly loss: ModelLoss;
  readonly x: Tensors;
  readonly y: Tensors;
  /** One a sample: the loss is the mean of the weighted losses. */
  readonly sampleWeight?: Tensor | undefined;
  /** How many times to go through the data; Infinity with a `signal` or a method that stops. */
  readonly epochs: number;
  /** Samples a step; all of them when absent. */
  readonly batchSize?: number | undefined;
  /** Whether an epoch takes the samples in a new order; true where there are batches. */
  readonly shuffle?: boolean | undefined;
  /** Of the order of the samples. */
  readonly seed?: number;
  readonly validationData?: readonly [x: Tensors, y: Tensors] | undefined;
  /** Functions of targets and outputs, one number a sample; their means go to the logs. */
  readonly metrics?: Readonly<Record<string, SampleLoss>>;
  /** True: layers act as in training. Batch normalization couples samples then, which is an error. */
  readonly training?: boolean;
  readonly direction?: Direction;
  /**
   * Names for groups of variables, or of slices of these, or a function that makes them of the model's; when absent, each
   * variable is a module of its name.
   */
  readonly modules?: ModulesOption | undefined;
  /** True: numbers are read with `data()`, as WebGPU and WebGL want it. */
  readonly asynchronous?: boolean;
  /** Bytes that sensitivities, or rows of J, may take at a time. */
  readonly memory?: number;
  readonly callbacks?: FitCallback | readonly FitCallback[] | undefined;
  /** Called after each step. */
  readonly onStep?: ((progress: FitProgress<State, Report>) => Answer<unknown>) | undefined;
  /** Ends the training, within a step, which is then undone. */
  readonly signal?: Signal | undefined;
  /** Called with a checkpoint after each `every` epochs, and when the training ends by the signal. */
  readonly checkpoint?:
    { readonly every?: number; readonly save: (checkpoint: FitCheckpoint) => Answer<unknown> } | undefined;
  /** Goes on from there. */
  readonly resume?: FitCheckpoint | undefined;
}

export interface FitProgress<State, Report> {
  readonly epoch: number;
  readonly batch: number;
  readonly state: State;
  readonly report: Report;
}

export interface Fitted<State, Report> {
  /** The mean of each log by epoch, as tfjs's History has it: `loss`, metrics, `val_loss`, ... */
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly state: State;
  readonly report: Report | undefined;
  /** How many steps this call completed. */
  readonly steps: number;
  /** Why it ended. */
  readonly stopped: 'epochs' | 'signal' | 'method' | 'callback';
  /** The method's reason, where it was the one that stopped. */
  readonly reason?: string;
}

/**
 * Trains a model by a method that asks about its outputs, as Gauss-Newton does, or by any other.
 *
 * The step's batch is all of the data unless `batchSize` says otherwise. After an exception, which arrives as the `cause`
 * of a `StepFailed`, the model is as it was before the step.
 *
 * @throws OverparamError with the codes in the package's README, before the first step
 * @throws StepFailed when a step throws
 */
export async function fit<State, Report, Needs extends object>(
  method: Method<State, Report, Needs>,
  options: FitOptions<State, Report>,
): Promise<Fitted<State, Report>> {
  checkMethod(method);
  const all = withDefaults<FitOptions<State, Report>>(
    'fit',
    { ...defaults, direction: method.direction ?? 'gradient' },
    options,
  );
  const { model, epochs, metrics, training, seed, signal, resume } = all;
  checkCount('epochs', epochs, 0);
  checkOptions(all);
  const problem = modelProblem({ ...all, sampleWeight: all.sampleWeight, metrics, training });
  const { samples } = problem;
  const { batchSize = samples } = all;
  checkCount('batchSize', batchSize, 1);
  const size = Math.min(batchSize, samples);
  const batches = Math.ceil(samples / size);
  const shuffle = all.shuffle ?? batches > 1;
  const validation =
    all.validationData &&
    modelProblem({
      ...all,
      sampleWeight: undefined,
      x: all.validationData[0],
      y: all.validationData[1],
      metrics,
      training: false,
    });
  const { direction, asynchronous, memory } = all;
  const { outputs, loss, variables } = problem;
  const { modules } = all;
  const oracle = compositeOracle({
    outputs,
    loss,
    variables,
    direction,
    asynchronous,
    memory,
    ...(modules && { modules }),
  });
  const names = ['loss', ...Object.keys(metrics)];
  const tell = calling([options.callbacks ?? []].flat() as FitCallback[]);

  try {
    checkNeeds(method, oracle as unknown as Needs);
    await checkFinite([options.x, options.y].flat() as Tensor[]);
    let state = method.init();
    let report: Report | undefined;
    let history: Record<string, number[]> = {};
    let sums: Record<string, number> = {};
    let steps = 0;
    if (resume) {
      checkCheckpoint(resume, batches);
      state = restore(method, resume.method);
      checkWeights(model, resume.weights);
      // This one checks all before it takes anything; only then the model is written.
      await loadMemory(resume.memory, (tensors) => oracle.restore(tensors));
      loadWeights(model, resume.weights);
      history = Object.fromEntries(Object.entries(resume.history).map(([name, values]) => [name, [...values]]));
      sums = { ...resume.sums };
    }
    if (epochs < Infinity && epochs > 0) {
      const done = (resume?.epoch ?? 0) * batches + (resume?.batch ?? 0);
      if (epochs * batches > done) state = endingIn(method, state, epochs * batches - done, 'known');
    }
    const order = resume?.seed ?? seed;
    const saveAt = async (epoch: number, batch: number): Promise<void> => {
      const weights = model.getWeights().map((tensor, i) => ({ name: String(i), tensor }));
      await options.checkpoint?.save({
        method: checkpointOf(method, state),
        weights: await save(weights),
        memory: await save(oracle.save()),
        epoch,
        batch,
        seed: order,
        sums: { ...sums },
        history: Object.fromEntries(Object.entries(history).map(([name, values]) => [name, [...values]])),
      });
    };
    const ended = async (
      stopped: Fitted<State, Report>['stopped'],
      reason?: string,
    ): Promise<Fitted<State, Report>> => {
      oracle.takeAverage();
      await tell('onTrainEnd');
      return { history, state, report, steps, stopped, ...(reason === undefined ? {} : { reason }) };
    };
    const breathe = breathing();

    for (const callback of [options.callbacks ?? []].flat() as FitCallback[]) {
      callback.setParams?.({ epochs, steps: batches, batchSize: size, samples, metrics: names });
      callback.setModel?.(model as never);
    }
    model.stopTraining = false;
    await tell('onTrainBegin');
    for (let epoch = resume?.epoch ?? 0; epoch < epochs; epoch++) {
      const first = epoch === resume?.epoch ? resume.batch : 0;
      if (first === 0) {
        sums = {};
        await tell('onEpochBegin', epoch);
      }
      const taken = shuffle ? shuffled(samples, order, epoch) : undefined;
      let reason: string | undefined;
      for (let batch = first; batch < batches && reason === undefined; batch++) {
        if (signal?.aborted) {
          await saveAt(epoch, batch);
          return await ended('signal');
        }
        const [from, to] = [batch * size, Math.min((batch + 1) * size, samples)];
        problem.select(batches === 1 && !shuffle ? undefined : rangeOf(taken, from, to));
        await tell('onBatchBegin', batch, { batch, size: to - from });
        try {
          ({ state, report, stopped: reason } = await runAsync(method, oracle as unknown as Needs, state, { signal }));
        } catch (error) {
          if (isOverparamError(error, 'ABORTED')) {
            await saveAt(epoch, batch);
            return await ended('signal');
          }
          throw new StepFailed(method.name, state, steps, error);
        }
        steps++;
        const logs = await readLogs(names, problem.takeMetrics());
        for (const name of names) sums[name] = (sums[name] ?? 0) + logs[name]! * (to - from);
        sums['samples'] = (sums['samples'] ?? 0) + to - from;
        await tell('onBatchEnd', batch, { batch, size: to - from, ...logs });
        const proceed = await options.onStep?.({ epoch, batch, state, report });
        await breathe();
        if (proceed === false || (model.stopTraining && batch + 1 < batches)) {
          await saveAt(epoch, batch + 1);
          return await ended('callback');
        }
      }
      const seen = sums['samples'] ?? 1;
      const logs: Record<string, number> = Object.fromEntries(names.map((name) => [name, (sums[name] ?? NaN) / seen]));
      if (validation) Object.assign(logs, await oracle.withAverage(() => validate(validation, names, batchSize)));
      for (const [name, value] of Object.entries(logs)) (history[name] ??= []).push(value);
      await tell('onEpochEnd', epoch, logs);
      sums = {};
      const every = options.checkpoint?.every ?? 1;
      if ((epoch + 1) % every === 0) await saveAt(epoch + 1, 0);
      if (reason !== undefined) return await ended('method', (await flat(problem)) ?? reason);
      if (model.stopTraining) return await ended('callback');
    }
    return await ended('epochs');
  } finally {
    oracle.dispose();
    problem.dispose();
    validation?.dispose();
  }
}

const defaults = {
  model: required,
  loss: required,
  x: required,
  y: required,
  epochs: required,
  sampleWeight: undefined,
  batchSize: undefined,
  shuffle: undefined,
  seed: 0,
  validationData: undefined,
  metrics: {},
  training: false,
  modules: undefined,
  asynchronous: false,
  memory: 2 ** 27,
  callbacks: undefined,
  onStep: undefined,
  signal: undefined,
  checkpoint: undefined,
  resume: undefined,
} as const;

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
function checkOptions<State, Report>({
  checkpoint,
  validationData,
  metrics,
  training,
  asynchronous,
  shuffle = false,
  seed,
  onStep,
}: Pick<
  Required<FitOptions<State, Report>>,
  'checkpoint' | 'validationData' | 'metrics' | 'training' | 'asynchronous' | 'shuffle' | 'seed' | 'onStep'
>): void {
  for (const [name, value] of Object.entries({ training, asynchronous, shuffle }))
    if (typeof value !== 'boolean') throw badOption(name, value, 'true or false');
  if (!Number.isFinite(seed)) throw badOption('seed', seed, 'a finite number');
  if (onStep !== undefined && typeof onStep !== 'function') throw badOption('onStep', onStep, 'a function');
  for (const [name, metric] of Object.entries(metrics))
    if (typeof metric !== 'function') throw badOption(`metrics.${name}`, metric, 'a function of targets and outputs');
  if (validationData !== undefined && !(Array.isArray(validationData) && validationData.length === 2))
    throw badOption('validationData', validationData, '[x, y]');
  if (checkpoint === undefined) return;
  const { every, save } = withDefaults<{ every?: number; save: unknown }>(
    'checkpoint of fit',
    { every: 1, save: required },
    checkpoint,
  );
  checkCount('checkpoint.every', every, 1);
  if (typeof save !== 'function') throw badOption('checkpoint.save', save, 'a function that takes the checkpoint');
}

/** Why a method that stopped has not converged: the loss is flat at clipped probabilities. */
async function flat(problem: ModelProblem): Promise<string | undefined> {
  const tensor = problem.clipped();
  if (!tensor) return undefined;
  const [count] = await tensor.data();
  tensor.dispose();
  if (!(count! > 0)) return undefined;
  return (
    `clipped: ${count} samples have a probability below 1e-7 for their target, where this loss has no gradient. ` +
    "End the model in a softmax or sigmoid layer of its own, or train its logits by 'softmaxCrossEntropy' or 'sigmoidCrossEntropy'"
  );
}

const rangeOf = (order: Int32Array | undefined, from: number, to: number): Int32Array =>
  order ? order.slice(from, to) : Int32Array.from({ length: to - from }, (_, i) => from + i);

/** Gives timers and events their turn, now and then. */
function breathing(): () => Promise<void> {
  let last = Date.now();
  return async () => {
    if (Date.now() - last < 50) return;
    await nextFrame();
    last = Date.now();
  };
}

async function readLogs(names: readonly string[], tensors: readonly Tensor[]): Promise<Record<string, number>> {
  const values = await Promise.all(tensors.map(async (tensor) => (await tensor.data())[0]!));
  disposeAll(tensors);
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

async function validate(
  problem: ModelProblem,
  names: readonly string[],
  size: number,
): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (let from = 0; from < problem.samples; from += size) {
    const to = Math.min(from + size, problem.samples);
    problem.select(rangeOf(undefined, from, to));
    tidy(() => void problem.loss(problem.outputs()));
    const logs = await readLogs(names, problem.takeMetrics());
    for (const name of names) sums[name] = (sums[name] ?? 0) + logs[name]! * (to - from);
  }
  return Object.fromEntries(names.map((name) => [`val_${name}`, sums[name]! / problem.samples]));
}

function checkCount(name: string, value: number, least: number): void {
  if (!(value >= least) || (value !== Infinity && !Number.isInteger(value)))
    throw badOption(name, value, `a whole number >= ${least}`);
}

async function checkFinite(tensors: readonly Tensor[]): Promise<void> {
  const finite = tidy(() =>
    tensors
      .filter(({ dtype }) => dtype === 'float32')
      .map((tensor) => allTrue(isFinite(tensor)))
      .reduce((both, one) => logicalAnd(both, one), allTrue(isFinite([0]))),
  );
  const [good] = await finite.data();
  finite.dispose();
  if (!good)
    throw new OverparamError('NOT_FINITE', 'x or y holds NaN or Infinity: leave these samples out, or fill them in.');
}
