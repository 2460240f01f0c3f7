import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import type { DirectionRule } from '../directions/index.ts';
import { engine, type NamedTensor } from '../recording/engine.ts';
import type { ParameterMemory, SavedMemory } from '../modules/parameter-memory.ts';
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
   * Takes a copy, when all of it has been checked.
   * @param accept gets what else the header holds; if it throws, nothing changes
   * @throws OverparamError `STATE_FOREIGN` for weights of another optimizer, or of another direction rule; `STATE_MISMATCH`
   */
  take(given: readonly NamedTensor[], accept?: (also: Readonly<Record<string, unknown>>) => void): Promise<void>;
  dispose(): void;
}

export function weights(rule: DirectionRule, memory: ParameterMemory): Weights {
  let lent: Tensor | undefined;
  return {
    give(also) {
      lent?.dispose();
      const { tensors, ...places } = memory.save();
      const header = JSON.stringify({ direction: describe(rule), ...places, ...also });
      lent = engine().keep(tensor1d([header], 'string'));
      return [{ name: HEADER, tensor: lent }, ...tensors];
    },
    async take(given, accept) {
      const header = given.find(({ name }) => name === HEADER);
      const { counts, places, variables, direction, ...also } = header ? await parse(header.tensor) : {};
      if (!Array.isArray(counts) || !counts.every(isCount))
        throw new OverparamError(
          'STATE_FOREIGN',
          `The weights (${given.map(({ name }) => name).join(', ')}) were not saved by @overparam/backend-tfjs.`,
        );
      if (JSON.stringify(direction) !== JSON.stringify(describe(rule)))
        throw new OverparamError(
          'STATE_FOREIGN',
          `The weights were saved with the direction ${JSON.stringify(direction)}, and this one is ${JSON.stringify(describe(rule))}: make it with the same.`,
        );
      const saved = {
        ...(isList(variables) && { variables }),
        // Before 0.4 there were no places: variables counted as they took part.
        places: isPlaces(places, counts.length) ? places : counts.map((_, i) => i),
        counts,
        tensors: given.filter(({ name }) => /^\d+\//.test(name)),
      };
      checkKinds(saved, rule);
      accept?.(also);
      memory.restore(saved);
    },
    dispose: () => lent?.dispose(),
  };
}

export const describe = ({ name, options }: DirectionRule): object => ({ name, options });

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isCount = (count: unknown): count is StepCount => {
  if (typeof count === 'number') return isWhole(count);
  const { axis, runs } = (count ?? {}) as { readonly axis?: unknown; readonly runs?: unknown };
  return (
    isWhole(axis) &&
    Array.isArray(runs) &&
    runs.every((run) => Array.isArray(run) && run.length === 2 && run.every(isWhole))
  );
};

const isPlaces = (places: unknown, length: number): places is readonly number[] =>
  Array.isArray(places) && places.length === length && places.every(isWhole) && new Set(places).size === length;

const isList = (variables: unknown): variables is NonNullable<SavedMemory['variables']> =>
  Array.isArray(variables) &&
  variables.every(
    ({ name, shape }: { name?: unknown; shape?: unknown }) => typeof name === 'string' && Array.isArray(shape),
  );

/** Every variable that moved has all moments of the rule. */
function checkKinds({ places, counts, tensors }: SavedMemory, { name, remembers }: DirectionRule): void {
  const kinds = new Set(tensors.map((one) => one.name.split('/').slice(0, 2).join('/')));
  places.forEach((place, i) => {
    const missing = counts[i] !== 0 && remembers.find((kind) => !kinds.has(`${place}/${kind}`));
    if (missing)
      throw new OverparamError(
        'STATE_MISMATCH',
        `The saved state has no '${missing}' of variable ${place}, which the direction '${name}' remembers: it is not whole. Restore an earlier one.`,
      );
  });
}

async function parse(tensor: Tensor): Promise<Record<string, unknown>> {
  try {
    const [text] = (await tensor.data()) as unknown as string[];
    return JSON.parse(text!) as Record<string, unknown>;
  } catch {
    return {};
  }
}
