import { add, gather, keep, mean, mul, tensor1d, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { OverparamError, badOption } from '@overparam/core';
import { disposeAll, share } from '../recording/engine.ts';
import type { Outputs } from '../oracles/outputs.ts';
import { sampleLoss, type LossName, type SampleLoss } from './losses.ts';

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
  if (!model.built && model.trainableWeights.length === 0)
    throw new OverparamError(
      'NOT_BUILT',
      "The model has no weights yet: add layers, the first with an 'inputShape', or call model.build(shape).",
    );
  // A sequential model makes its container late, and has neither losses nor `stopTraining` before.
  if (!model.built) model.build(undefined as never);
  const [inputs, targets] = [listed(x), listed(y)];
  const samples = checkLengths(inputs, targets, sampleWeight);
  const lossOf = (Array.isArray(loss) ? loss : [loss]).map((one: LossName | SampleLoss) => sampleLoss(one));
  if (lossOf.length !== 1 && lossOf.length !== targets.length)
    throw badOption('loss', `${lossOf.length} losses`, `one, or one for each of the ${targets.length} targets`);
  if (!regularized && tidy(() => model.calculateLosses().length) > 0)
    throw new OverparamError(
      'REGULARIZED',
      'The model has regularizers, which are no function of its outputs: leave them out, or train with optimizer(method) in model.compile.',
    );
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
      const outputs = model.apply((parts.length === 1 ? parts[0]! : parts) as never, { training }) as Outputs;
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
        const losses = (lossOf[i] ?? lossOf[0]!)(truth[i]!, f);
        if (losses.rank !== 1 || losses.shape[0] !== f.shape[0])
          throw new OverparamError(
            'SHAPE_MISMATCH',
            `The loss gave a tensor of shape [${losses.shape.join(', ')}]: it must give one number a sample, [${f.shape[0]}].`,
          );
        return mean(weights ? mul(losses, weights) : losses);
      });
      const total = averages.slice(1).reduce((sum, one) => add(sum, one), averages[0]!);
      disposeAll(measured);
      measured = [
        share(total),
        ...Object.values(metrics).map((metric) => keep(tidy(() => mean(metric(truth[0]!, predicted[0]!))))),
      ];
      return total;
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

function checkLengths(inputs: readonly Tensor[], targets: readonly Tensor[], sampleWeight: Tensor | undefined): number {
  const lengths = [...inputs, ...targets, ...(sampleWeight ? [sampleWeight] : [])].map(({ shape }) => shape[0] ?? 1);
  if (lengths[0] === 0) throw new OverparamError('NO_SAMPLES', 'x has no samples: there must be one or more.');
  if (lengths.some((length) => length !== lengths[0]))
    throw new OverparamError(
      'SHAPE_MISMATCH',
      `x, y and sampleWeight have ${lengths.join(', ')} samples: all of them must have one row a sample.`,
    );
  return lengths[0]!;
}
