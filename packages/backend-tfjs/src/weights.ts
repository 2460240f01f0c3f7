import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import type { DirectionRule } from './directions/index.ts';
import type { NamedTensor } from './engine.ts';
import type { ParameterMemory } from './parameter-memory.ts';

const HEADER = 'overparam';

/**
 * What is remembered between steps, as named tensors: a header, which is JSON in a tensor of one string and so exact,
 * and the memory's own tensors, which are borrowed until the next step.
 */
export function toWeights(rule: DirectionRule, memory: ParameterMemory, also: object = {}): NamedTensor[] {
  const { counts, tensors } = memory.save();
  const header = JSON.stringify({ direction: describe(rule), counts, ...also });
  return [{ name: HEADER, tensor: tensor1d([header], 'string') }, ...tensors];
}

/** @throws OverparamError `STATE_FOREIGN` for weights of another optimizer, or of another direction rule */
export async function fromWeights(
  rule: DirectionRule,
  memory: ParameterMemory,
  weights: readonly NamedTensor[],
): Promise<Readonly<Record<string, unknown>>> {
  const header = weights.find(({ name }) => name === HEADER);
  const { counts, direction, ...also } = header ? await parse(header.tensor) : {};
  if (!Array.isArray(counts))
    throw new OverparamError(
      'STATE_FOREIGN',
      `The weights (${weights.map(({ name }) => name).join(', ')}) were not saved by an optimizer of @overparam/backend-tfjs.`,
    );
  if (JSON.stringify(direction) !== JSON.stringify(describe(rule)))
    throw new OverparamError(
      'STATE_FOREIGN',
      `The weights were saved with the direction ${JSON.stringify(direction)}, and this one is ${JSON.stringify(describe(rule))}: make it with the same.`,
    );
  memory.restore({ counts: counts as number[], tensors: weights.filter(({ name }) => /^\d+\//.test(name)) });
  return also;
}

export const describe = ({ name, options }: DirectionRule): object => ({ name, options });

async function parse(tensor: Tensor): Promise<Record<string, unknown>> {
  const [text] = (await tensor.data()) as unknown as string[];
  return JSON.parse(text!) as Record<string, unknown>;
}
