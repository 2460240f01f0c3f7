import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { disposeAll, share, type NamedTensor } from '../recording/engine.ts';
import type { StepCount } from './step-count.ts';

/** What is remembered of one variable between steps. */
export interface Remembered {
  /** How many steps moved it. */
  readonly t: StepCount;
  /** Moments of the direction rule, and points before where a method extrapolates; by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** The same as plain data and tensors, in the order in which the variables first took part. */
export interface SavedMemory {
  readonly counts: readonly StepCount[];
  readonly tensors: readonly NamedTensor[];
}

/** Everything of parameter size that outlives a step. */
export interface ParameterMemory {
  of(variable: Variable): Remembered | undefined;
  /** Replaces what is remembered, and hands back what was. Nothing is disposed of. */
  set(variable: Variable, remembered: Remembered | undefined): Remembered | undefined;
  all(): readonly (readonly [Variable, Remembered])[];
  /** The tensors are lent until the next step. */
  save(): SavedMemory;
  /** Takes a copy. The variables are matched by the order in which they take part: names may differ after a model is loaded. */
  restore(saved: SavedMemory): void;
  dispose(): void;
}

export function parameterMemory(): ParameterMemory {
  // A map keeps the order of first entry, which is what `save` and `restore` go by.
  const known = new Map<Variable, Remembered>();
  let waiting: Remembered[] = [];

  const claim = (variable: Variable): void => {
    const next = waiting[0];
    if (!next) return;
    for (const [name, { shape }] of Object.entries(next.tensors))
      if (String(shape) !== String(variable.shape)) {
        throw new OverparamError(
          'STATE_MISMATCH',
          `The saved state has a '${name}' of shape [${shape.join(', ')}] where the variable '${variable.name}' of shape ` +
            `[${variable.shape.join(', ')}] stands: restore it with the model it was saved with.`,
        );
      }
    waiting.shift();
    known.set(variable, next);
  };

  return {
    of(variable) {
      if (!known.has(variable)) claim(variable);
      return known.get(variable);
    },
    set(variable, remembered) {
      const before = known.get(variable);
      if (remembered) known.set(variable, remembered);
      else known.delete(variable);
      return before;
    },
    all: () => [...known],
    save() {
      const all = [
        ...[...known].map(([variable, remembered]) => [variable.name, remembered] as const),
        ...waiting.map((remembered) => ['', remembered] as const),
      ];
      return {
        counts: all.map(([, remembered]) => remembered.t),
        tensors: all.flatMap(([variable, remembered], i) =>
          Object.entries(remembered.tensors).map(([name, tensor]) => ({
            name: `${i}/${name}/${variable}`,
            tensor,
          })),
        ),
      };
    },
    restore({ counts, tensors }) {
      const restored = counts.map((t) => ({ t, tensors: {} as Record<string, Tensor> }));
      for (const { name, tensor } of tensors) {
        const [index, kind] = name.split('/');
        restored[Number(index)]!.tensors[kind!] = share(tensor);
      }
      this.dispose();
      waiting = restored;
    },
    dispose() {
      for (const remembered of [...known.values(), ...waiting]) disposeAll(Object.values(remembered.tensors));
      known.clear();
      waiting = [];
    },
  };
}
