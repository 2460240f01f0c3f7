import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import type { DirectionRule } from '../directions/index.ts';
import { engine, type NamedTensor } from '../recording/engine.ts';
import type { ParameterMemory } from '../modules/parameter-memory.ts';
import type { StepCount } from '../modules/step-count.ts';

const HEADER = 'overparam';

/** What outlives a step, as named tensors, and back. */
export interface Weights {
  /**
   * A header, which is JSON in a tensor of one string and so exact, and the memory's tensors. All are lent: the header
   * until the next `give`, the others until the next step.
   * @param also more for the header
   */
  give(also?: object): NamedTensor[];
  /**
   * Takes a copy, and returns what else the header holds.
   * @throws OverparamError `STATE_FOREIGN` for weights of another optimizer, or of another direction rule
   */
  take(given: readonly NamedTensor[]): Promise<Readonly<Record<string, unknown>>>;
  dispose(): void;
}

export function weights(rule: DirectionRule, memory: ParameterMemory): Weights {
  let lent: Tensor | undefined;
  return {
    give(also) {
      lent?.dispose();
      const { counts, tensors } = memory.save();
      const header = JSON.stringify({ direction: describe(rule), counts, ...also });
      lent = engine().keep(tensor1d([header], 'string'));
      return [{ name: HEADER, tensor: lent }, ...tensors];
    },
    async take(given) {
      const header = given.find(({ name }) => name === HEADER);
      const { counts, direction, ...also } = header ? await parse(header.tensor) : {};
      if (!Array.isArray(counts))
        throw new OverparamError(
          'STATE_FOREIGN',
          `The weights (${given.map(({ name }) => name).join(', ')}) were not saved by @overparam/backend-tfjs.`,
        );
      if (JSON.stringify(direction) !== JSON.stringify(describe(rule)))
        throw new OverparamError(
          'STATE_FOREIGN',
          `The weights were saved with the direction ${JSON.stringify(direction)}, and this one is ${JSON.stringify(describe(rule))}: make it with the same.`,
        );
      memory.restore({ counts: counts as StepCount[], tensors: given.filter(({ name }) => /^\d+\//.test(name)) });
      return also;
    },
    dispose: () => lent?.dispose(),
  };
}

export const describe = ({ name, options }: DirectionRule): object => ({ name, options });

async function parse(tensor: Tensor): Promise<Record<string, unknown>> {
  const [text] = (await tensor.data()) as unknown as string[];
  return JSON.parse(text!) as Record<string, unknown>;
}
