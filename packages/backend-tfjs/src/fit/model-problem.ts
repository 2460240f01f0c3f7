import { add, gather, keep, mean, mul, Tensor, tensor1d, tidy, type Variable } from '@tensorflow/tfjs-core';
import { OverparamError, badOption } from '@overparam/core';
import { disposeAll, share } from '../recording/engine.ts';
import type { Outputs } from '../oracles/outputs.ts';
import { activated, lastActivations } from './logits.ts';
import { clippedSamples, lossOfLogits, sampleLoss, type LossName, type SampleLoss } from './losses.ts';

/** What is used of a `tf.LayersModel`. */
export interface TrainableModel {
  readonly built: boolean;
  build(inputShape: never): void;
  readonly trainableWeights: readonly { read(): Tensor }[];
  apply(inputs: never, options?: { readonly training?: boolean }): unknown;
  calculateLosses(): readonly unknown[];
  getWeights(): Tensor[];
  setWeights(weights: Tensor[]): void;
  stopTraining?: boolean;
}

/** One loss for all outputs, or one for each. */
export type ModelLoss = LossName | SampleLoss | readonly (LossName | SampleLoss)[];

/** A tensor, or one for each of the model's inputs or outputs. */
export type Tensors = Tensor | readonly Tensor[];

export interface ModelProblemOptions {
  readonly model: TrainableModel;
  readonly loss: ModelLoss;
  readonly x: Tensors;
  readonly y: Tensors;
  /** One a sample. */
  readonly sampleWeight?: Tensor | undefined;
  /** Named functions of targets and outputs of the first output, as the losses are. */
  readonly metrics: Readonly<Record<string, SampleLoss>>;
  /** True: dropout drops; batch normalization must be out of it. */
  readonly training: boolean;
  /** True: regularizers are left out, where they are an error otherwise. */
  readonly regularized?: boolean;
}

/** A model on a part of the data, as a function of its outputs. */
export interface ModelProblem {
  readonly samples: number;
  readonly variables: readonly Variable[];
  /** Which samples the next step takes; all when undefined. */
  select(samples: Int32Array | undefined): void;
  outputs(): Outputs;
  loss(outputs: Outputs): Tensor;
  /**
   * How many samples of the selected ones have clipped probabilities at which the loss is flat though they are wrong;
   * undefined where no loss clips.
   */
  clipped(): Tensor | undefined;
  /** The loss and the metrics of the last call of `loss`, to be disposed of by the caller. */
  takeMetrics(): readonly Tensor[];
  dispose(): void;
}

const listed = (tensors: Tensors): readonly Tensor[] =>
  (Array.isArray(tensors) ? tensors : [tensors]) as readonly Tensor[];

/** @throws OverparamError `NOT_BUILT`, `NO_SAMPLES`, `SHAPE_MISMATCH`, `REGULARIZED`, `BAD_OPTION` */
export function modelProblem({
  model,
  loss,
  x,
  y,
  sampleWeight,
  metrics,
  training,
  regularized = false,
}: ModelProblemOptions): ModelProblem {
  checkModel(model);
  for (const [name, tensors] of Object.entries({ x, y, ...(sampleWeight && { sampleWeight }) }))
    checkTensors(name, tensors);
  if (!model.built && model.trainableWeights.length === 0)
    throw new OverparamError(
      'NOT_BUILT',
      "The model has no weights yet: add layers, the first with an 'inputShape', or call model.build(shape).",
    );
  // A sequential model makes its container late, and has neither losses nor `stopTraining` before.
  if (!model.built) model.build(undefined as never);
  const [inputs, targets] = [listed(x), listed(y)];
  const samples = checkLengths(inputs, targets, sampleWeight);
  const named = (Array.isArray(loss) ? loss : [loss]) as readonly (LossName | SampleLoss)[];
  const lossOf = named.map((one) => sampleLoss(one));
  if (lossOf.length !== 1 && lossOf.length !== targets.length)
    throw badOption('loss', `${lossOf.length} losses`, `one, or one for each of the ${targets.length} targets`);
  if (!regularized && tidy(() => model.calculateLosses().length) > 0)
    throw new OverparamError(
      'REGULARIZED',
      'The model has weight regularizers, which are not a function of its outputs: remove them, or train with optimizer(method) in model.compile.',
    );
  const lasts = lastActivations(model).map((last, i) => {
    const ofLogits = lossOfLogits(named[i] ?? named[0]!, last?.kind);
    return last && ofLogits && { ...last, loss: ofLogits };
  });
  const logits = <T>(body: () => T): T =>
    lasts.reduce<() => T>((within, last) => (last ? () => last.without(within) : within), body)();
  const probabilities = (f: Tensor, i: number): Tensor => (lasts[i] ? activated[lasts[i].kind](f) : f);
  let batch: { readonly index: Tensor | undefined; readonly parts: readonly Tensor[] } | undefined;
  let measured: readonly Tensor[] = [];
  const release = (): void => {
    if (batch?.index) disposeAll([batch.index, ...batch.parts]);
    batch = undefined;
  };
  const all = [...inputs, ...targets, ...(sampleWeight ? [sampleWeight] : [])];

  return {
    samples,
    variables: model.trainableWeights.map((weight) => weight.read() as Variable),
    select(chosen) {
      release();
      if (!chosen) return void (batch = { index: undefined, parts: all });
      const index = tensor1d(chosen, 'int32');
      batch = { index, parts: all.map((tensor) => gather(tensor, index)) };
    },
    outputs() {
      const parts = batch!.parts.slice(0, inputs.length);
      const taken = parts.length === 1 ? parts[0]! : parts;
      const outputs = logits(() => model.apply(taken as never, { training }) as Outputs);
      const count = Array.isArray(outputs) ? outputs.length : 1;
      if (count !== targets.length)
        throw new OverparamError(
          'SHAPE_MISMATCH',
          `The model has ${count} outputs, and y has ${targets.length} tensors.`,
        );
      return outputs;
    },
    loss(outputs) {
      const predicted = listed(outputs as Tensors);
      const truth = batch!.parts.slice(inputs.length, inputs.length + targets.length);
      const weights = sampleWeight && batch!.parts.at(-1)!;
      const averages = predicted.map((f, i) => {
        const losses = (lasts[i]?.loss ?? lossOf[i] ?? lossOf[0]!)(truth[i]!, f);
        if (losses.rank !== 1 || losses.shape[0] !== f.shape[0])
          throw new OverparamError(
            'SHAPE_MISMATCH',
            `The loss gave a tensor of shape [${losses.shape.join(', ')}]: it must give one number per sample, [${f.shape[0]}].`,
          );
        return mean(weights ? mul(losses, weights) : losses);
      });
      const total = averages.slice(1).reduce((sum, one) => add(sum, one), averages[0]!);
      disposeAll(measured);
      measured = [
        share(total),
        ...Object.values(metrics).map((metric) =>
          keep(tidy(() => mean(metric(truth[0]!, probabilities(predicted[0]!, 0))))),
        ),
      ];
      return total;
    },
    clipped() {
      return tidy(() => {
        const predicted = listed(this.outputs() as Tensors);
        const truth = batch!.parts.slice(inputs.length, inputs.length + targets.length);
        const counts = predicted.flatMap((f, i) => {
          const count = lasts[i] ? undefined : clippedSamples(named[i] ?? named[0]!, truth[i]!, f);
          return count ? [count] : [];
        });
        return counts.length > 0 ? counts.reduce((a, b) => add(a, b)) : undefined;
      });
    },
    takeMetrics() {
      const taken = measured;
      measured = [];
      return taken;
    },
    dispose() {
      release();
      disposeAll(measured);
      measured = [];
    },
  };
}

function checkModel(model: TrainableModel): void {
  const { trainableWeights, apply } = (model ?? {}) as Partial<TrainableModel>;
  if (!Array.isArray(trainableWeights) || typeof apply !== 'function')
    throw badOption(
      'model',
      model instanceof Object ? 'another object' : model,
      'a tf.LayersModel, as tf.sequential() gives it',
    );
}

function checkTensors(name: string, tensors: Tensors): void {
  const all: readonly unknown[] = Array.isArray(tensors) ? tensors : [tensors];
  if (all.length === 0) throw badOption(name, '[]', 'a tensor, or one for each input or output');
  all.forEach((one, i) => {
    const which = Array.isArray(tensors) ? `${name}[${i}]` : name;
    if (!(one instanceof Tensor)) {
      const shown = Array.isArray(one)
        ? 'an array'
        : ArrayBuffer.isView(one)
          ? 'a typed array'
          : typeof one === 'object' && one !== null
            ? 'an object'
            : one;
      throw badOption(
        which,
        shown,
        `a tensor: tf.tensor(...) makes one of numbers (and several inputs or outputs are an array of tensors)`,
      );
    }
    if (one.isDisposed)
      throw badOption(which, 'a disposed tensor', 'a tensor that is kept until the end of the training');
    if (one.rank === 0) throw badOption(which, 'a scalar', 'a tensor with one row per sample');
    if (one.dtype === 'string' || one.dtype === 'complex64')
      throw badOption(which, `a tensor of type ${one.dtype}`, 'float32, int32 or bool');
  });
}

function checkLengths(inputs: readonly Tensor[], targets: readonly Tensor[], sampleWeight: Tensor | undefined): number {
  const lengths = [...inputs, ...targets, ...(sampleWeight ? [sampleWeight] : [])].map(({ shape }) => shape[0] ?? 1);
  if (lengths[0] === 0) throw new OverparamError('NO_SAMPLES', 'x has no samples: there must be one or more.');
  if (lengths.some((length) => length !== lengths[0]))
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `x, y and sampleWeight have ${lengths.join(', ')} samples: all of them must have one row per sample.`,
    );
  return lengths[0]!;
}
