import { oracle } from '@overparam/backend-tfjs';
import { checkpoint, restore, run, type Method, type SampleLossOracle } from '@overparam/core';
import type { StepReport } from '@overparam/polyak-nonmonotone';
import type * as tf from '@tensorflow/tfjs';
import { toNamedArray, toTensor } from '../training/named-array.ts';
import type { BatchLoss, Trainer } from '../training/trainer.ts';

const STATE = 'method';

/** A method of ours that asks for the loss of every sample, which `tf.Optimizer` has no way to hand over. */
export function sampleLossTrainer<State>(
  method: Method<State, StepReport, SampleLossOracle>,
  parameters: readonly tf.Variable[],
): Trainer {
  let batch: BatchLoss;
  let state = method.init();
  const tfjs = oracle(() => batch.mean(), {
    variables: parameters,
    sampleLosses: () => ({ samples: batch.samples, losses: batch.each() }),
  });
  return {
    step(loss) {
      batch = loss;
      const done = run(method, tfjs, state);
      state = done.state;
      const { value, step, backtracks, forwards } = done.report;
      return { loss: value, stepSize: step, backtracks, evaluations: forwards };
    },
    async save() {
      const text = JSON.stringify(checkpoint(method, state));
      const tensors = await Promise.all(tfjs.save().map(({ name, tensor }) => toNamedArray(name, tensor)));
      return [{ name: STATE, shape: [1], data: [text] }, ...tensors];
    },
    async restore([header, ...saved]) {
      state = restore(method, header!.data[0]);
      const weights = saved.map((array) => ({ name: array.name, tensor: toTensor(array) }));
      await tfjs.restore(weights);
      weights.forEach(({ tensor }) => tensor.dispose());
    },
    dispose: () => tfjs.dispose(),
  };
}
