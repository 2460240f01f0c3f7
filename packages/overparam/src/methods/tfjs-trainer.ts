import type * as tf from '@tensorflow/tfjs';
import { toNamedArray, toTensor } from '../training/named-array.ts';
import type { Trainer } from '../training/trainer.ts';

/** One of tfjs's own optimisers, with its constant learning rate. */
export function tfjsTrainer(
  optimizer: tf.Optimizer,
  learningRate: number,
  parameters: readonly tf.Variable[],
): Trainer {
  const powers = powersOf(optimizer);
  return {
    step(loss) {
      const cost = optimizer.minimize(() => loss.mean(), true, [...parameters])!;
      const value = cost.dataSync()[0]!;
      cost.dispose();
      return { loss: value, stepSize: learningRate, backtracks: 0, evaluations: 0 };
    },
    async save() {
      const weights = await optimizer.getWeights();
      const saved = await Promise.all(weights.map(({ name, tensor }) => toNamedArray(name, tensor)));
      weights.find(({ name }) => name === 'iter')?.tensor.dispose();
      return [...saved, ...(await Promise.all(powers.map(([name, power]) => toNamedArray(name, power))))];
    },
    async restore(saved) {
      const tensors = saved.map((array) => ({ name: array.name, tensor: toTensor(array) }));
      const own = new Set(powers.map(([name]) => name));
      await optimizer.setWeights(tensors.filter(({ name }) => !own.has(name)));
      for (const [name, power] of powers) power.assign(tensors.find((weight) => weight.name === name)!.tensor);
      tensors.forEach(({ tensor }) => tensor.dispose());
    },
    dispose: () => optimizer.dispose(),
  };
}

/**
 * Adam's beta^t, which `getWeights` leaves out. `setWeights` recomputes them by `pow`, which differs in the last bit from
 * the product that `applyGradients` keeps.
 */
function powersOf(optimizer: tf.Optimizer): [string, tf.Variable][] {
  const { accBeta1, accBeta2 } = optimizer as unknown as { accBeta1?: tf.Variable; accBeta2?: tf.Variable };
  return Object.entries({ accBeta1, accBeta2 }).filter(
    (entry): entry is [string, tf.Variable] => entry[1] !== undefined,
  );
}
