import * as tf from '@tensorflow/tfjs';
import { createTrainer } from '../methods/registry.ts';
import type { MethodSpec } from '../methods/method-spec.ts';
import { batchOf, crossEntropies, crossEntropy } from './batch.ts';
import { measure } from './measure.ts';
import { createModel } from './model.ts';
import { toNamedArray, toTensor } from './named-array.ts';
import { permutation, random } from './random.ts';
import { outputsOf, type Task } from './task.ts';
import { emptyTracing, finite, traced, type Trace, type Tracing } from './trace.ts';
import type { NamedArray, TrainingStep } from './trainer.ts';

/** One training of one network, by one method from one seed. */
export interface RunPlan {
  readonly method: MethodSpec;
  readonly seed: number;
  readonly model: string;
  readonly batch: number;
  readonly epochs: number;
  readonly longestStep?: number | undefined;
}

/** Measured on all samples after that many epochs; sums count from the start. */
export interface EpochRecord {
  readonly epoch: number;
  readonly step: number;
  /** Of training: without the measuring between epochs. */
  readonly seconds: number;
  /** null where the loss is not finite. */
  readonly trainLoss: number | null;
  readonly testLoss: number | null;
  readonly testAccuracy: number;
  readonly backtracks: number;
  readonly evaluations: number;
}

export interface RunRecord {
  readonly epochs: readonly EpochRecord[];
  readonly trace: Trace;
  readonly stopped: 'epochs' | 'converged' | 'diverged';
  /** The trained parameters, one after the other. */
  readonly parameters: readonly NamedArray[];
}

/** Where a run is; with the arrays, enough to continue as if it had never stopped. */
export interface RunPosition {
  readonly step: number;
  readonly seconds: number;
  readonly backtracks: number;
  readonly evaluations: number;
  readonly epochs: readonly EpochRecord[];
  readonly tracing: Tracing;
}

export interface RunSnapshot {
  readonly position: RunPosition;
  readonly parameters: readonly NamedArray[];
  readonly trainer: readonly NamedArray[];
}

export interface RunProgress {
  readonly position: RunPosition;
  readonly stepsPerEpoch: number;
  /** Absent between epochs. */
  readonly last?: TrainingStep;
  snapshot(): Promise<RunSnapshot>;
}

/** The training of PoNoS's experiments ends there. */
const CONVERGED = 1e-6;

const start: RunPosition = { step: 0, seconds: 0, backtracks: 0, evaluations: 0, epochs: [], tracing: emptyTracing };

/**
 * Trains a network by the protocol of PoNoS's experiments (arXiv 2306.12747): parameters from seed 42 + seed; before
 * epoch k a new order from seed + k; before each epoch and after the last, the loss on the whole training set and the
 * accuracy on the test set, outside of the time that counts.
 *
 * @param onProgress called after each step and each measuring, and awaited; return false to stop
 * @returns undefined where `onProgress` returned false
 */
export async function trainRun(
  plan: RunPlan,
  task: Task,
  {
    from,
    onProgress,
  }: { readonly from?: RunSnapshot | undefined; onProgress(progress: RunProgress): Promise<boolean> },
): Promise<RunRecord | undefined> {
  const stepsPerEpoch = Math.ceil(task.train.count / plan.batch);
  const model = createModel(plan.model, task.features, outputsOf(task), 42 + plan.seed);
  const trainer = createTrainer(plan.method, {
    parameters: model.parameters,
    batchesPerEpoch: task.train.count / plan.batch,
    longestStep: plan.longestStep,
  });
  const parameters = (): Promise<NamedArray[]> =>
    Promise.all(model.parameters.map((parameter, i) => toNamedArray(`parameter ${i}`, parameter)));
  let position = from?.position ?? start;
  const progress = (last?: TrainingStep): RunProgress => ({
    position,
    stepsPerEpoch,
    ...(last && { last }),
    snapshot: async () => ({ position, parameters: await parameters(), trainer: await trainer.save() }),
  });

  try {
    if (from) {
      from.parameters.forEach((array, i) => tf.tidy(() => void model.parameters[i]!.assign(toTensor(array))));
      await trainer.restore(from.trainer);
    }
    let order: Uint32Array | undefined;
    for (;;) {
      const epoch = Math.floor(position.step / stepsPerEpoch);
      const within = position.step % stepsPerEpoch;
      if (within === 0 || !order) order = permutation(task.train.count, random(plan.seed + epoch));
      if (within === 0) {
        if (position.epochs.length === epoch) {
          const { step, seconds, backtracks, evaluations } = position;
          const train = measure(model, task.train);
          const test = measure(model, task.test);
          const record = { epoch, step, seconds, backtracks, evaluations, trainLoss: finite(train.loss) };
          const tested = { testLoss: finite(test.loss), testAccuracy: test.accuracy };
          position = { ...position, epochs: [...position.epochs, { ...record, ...tested }] };
          if (!(await onProgress(progress()))) return undefined;
        }
        const { trainLoss } = position.epochs.at(-1)!;
        const stopped =
          trainLoss === null
            ? 'diverged'
            : trainLoss < CONVERGED
              ? 'converged'
              : epoch === plan.epochs
                ? 'epochs'
                : null;
        if (stopped)
          return { epochs: position.epochs, trace: position.tracing.points, stopped, parameters: await parameters() };
      }

      const began = performance.now();
      const numbers = order.subarray(within * plan.batch, (within + 1) * plan.batch);
      const { inputs, targets } = batchOf(task, task.train, numbers);
      const last = trainer.step({
        samples: [...numbers],
        mean: () => crossEntropy(targets, model.logits(inputs)),
        each: () => crossEntropies(targets, model.logits(inputs)),
      });
      inputs.dispose();
      targets.dispose();
      const step = position.step + 1;
      const seconds = position.seconds + (performance.now() - began) / 1000;
      position = {
        step,
        seconds,
        backtracks: position.backtracks + last.backtracks,
        evaluations: position.evaluations + last.evaluations,
        epochs: position.epochs,
        tracing: traced(position.tracing, last, { step, seconds, stepsPerEpoch }),
      };
      if (!(await onProgress(progress(last)))) return undefined;
    }
  } finally {
    trainer.dispose();
    model.dispose();
  }
}
