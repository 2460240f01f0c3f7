import { optimizer, type Direction } from '@overparam/backend-tfjs';
import type { Method } from '@overparam/core';
import type { StepReport } from '@overparam/polyak-nonmonotone';
import type * as tf from '@tensorflow/tfjs';
import { toNamedArray, toTensor } from '../training/named-array.ts';
import type { Trainer } from '../training/trainer.ts';

/** A method of ours, on the tfjs backend. */
export function methodTrainer<State, Needs extends object>(
  method: Method<State, StepReport, Needs>,
  direction: Direction,
  parameters: readonly tf.Variable[],
): Trainer {
  const ours = optimizer(method, { direction });
  return {
    step(loss) {
      ours.minimize(() => loss.mean(), false, [...parameters]);
      const { value, step, backtracks, forwards } = ours.report!;
      return { loss: value, stepSize: step, backtracks, evaluations: forwards };
    },
    save: async () => Promise.all((await ours.getWeights()).map(({ name, tensor }) => toNamedArray(name, tensor))),
    async restore(saved) {
      const weights = saved.map((array) => ({ name: array.name, tensor: toTensor(array) }));
      await ours.setWeights(weights);
      weights.forEach(({ tensor }) => tensor.dispose());
    },
    dispose: () => ours.dispose(),
  };
}
