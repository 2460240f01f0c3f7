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

/** The same as plain data and tensors. */
export interface SavedMemory {
  /** All variables that the memory has met, in order: what places count. Absent in states of versions before 0.4. */
  readonly variables?: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Which of them each count belongs to. */
  readonly places: readonly number[];
  readonly counts: readonly StepCount[];
  /** Named `place/kind/variable`. */
  readonly tensors: readonly NamedTensor[];
}

/** Everything of parameter size that outlives a step. */
export interface ParameterMemory {
  of(variable: Variable): Remembered | undefined;
  /** Replaces what is remembered, and returns what was. Nothing is disposed of. */
  set(variable: Variable, remembered: Remembered | undefined): Remembered | undefined;
  all(): readonly (readonly [Variable, Remembered])[];
  /** The tensors are lent until the next step. */
  save(): SavedMemory;
  /**
   * Takes a copy. A variable gets what was saved at its place among all variables, whichever of them took part in steps:
   * names may differ after a model is loaded. Where there are other variables than were saved, names decide.
   * @throws OverparamError `STATE_MISMATCH`, and nothing changes
   */
  restore(saved: SavedMemory): void;
  dispose(): void;
}

interface Waiting {
  readonly variables: SavedMemory['variables'];
  readonly entries: Map<number, Remembered>;
}

/** @param variables what is minimized over now; it may be called at any time, and may differ between calls */
export function parameterMemory(variables: () => readonly Variable[]): ParameterMemory {
  const known = new Map<Variable, Remembered>();
  /** In the order in which they were first minimized over. */
  const met = new Set<Variable>();
  let waiting: Waiting = { variables: undefined, entries: new Map() };

  const meet = (): readonly Variable[] => {
    for (const variable of variables()) met.add(variable);
    for (const variable of met) if (variable.isDisposed) met.delete(variable);
    return [...met];
  };

  const claim = (variable: Variable): void => {
    if (waiting.entries.size === 0) return;
    const before = [...met];
    try {
      const place = placeIn(waiting, meet(), variable);
      const entry = waiting.entries.get(place);
      if (!entry) return;
      waiting.entries.delete(place);
      known.set(variable, entry);
    } catch (error) {
      // Variables that the state does not fit are not those it is of.
      met.clear();
      before.forEach((one) => met.add(one));
      throw error;
    }
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
      const all = meet();
      // A state that waits for its variables claims them first: places count all that were met.
      for (const variable of all) this.of(variable);
      const entries = [
        ...all.flatMap((variable, place) => (known.has(variable) ? [[place, known.get(variable)!] as const] : [])),
        ...(all.length === 0 ? waiting.entries : []),
      ];
      const list = all.length === 0 ? waiting.variables : all.map(({ name, shape }) => ({ name, shape: [...shape] }));
      return {
        ...(list && { variables: list }),
        places: entries.map(([place]) => place),
        counts: entries.map(([, { t }]) => t),
        tensors: entries.flatMap(([place, remembered]) =>
          Object.entries(remembered.tensors).map(([kind, tensor]) => ({
            name: `${place}/${kind}/${list?.[place]?.name ?? ''}`,
            tensor,
          })),
        ),
      };
    },
    restore({ variables: saved, places, counts, tensors }) {
      const entries = new Map(
        places.map((place, i) => [place, { t: counts[i]!, tensors: {} as Record<string, Tensor> }]),
      );
      const now = meet();
      const next: Waiting = { variables: saved, entries };
      if (saved) now.forEach((variable) => placeIn(next, now, variable));
      for (const { name, tensor } of tensors) {
        const [place] = name.split('/');
        const { shape } = saved?.[Number(place)] ?? tensor;
        if (!entries.has(Number(place)) || String(shape) !== String(tensor.shape))
          throw mismatch(`a tensor '${name}' of shape [${tensor.shape.join(', ')}] which it has no place for`);
      }
      this.dispose();
      for (const { name, tensor } of tensors) {
        const [place, kind] = name.split('/');
        entries.get(Number(place))!.tensors[kind!] = share(tensor);
      }
      waiting = next;
    },
    dispose() {
      for (const remembered of [...known.values(), ...waiting.entries.values()])
        disposeAll(Object.values(remembered.tensors));
      known.clear();
      waiting = { variables: undefined, entries: new Map() };
    },
  };
}

/** The place where the state has what belongs to a variable. */
function placeIn({ variables, entries }: Waiting, all: readonly Variable[], variable: Variable): number {
  const byPlace = !variables || variables.length === all.length;
  const named = byPlace ? [] : variables.flatMap(({ name }, place) => (name === variable.name ? [place] : []));
  if (!byPlace && named.length !== 1)
    throw mismatch(
      `${variables.length} variables, none or several of them named '${variable.name}' (${variables.map(({ name }) => name).join(', ')})`,
    );
  const place = byPlace ? all.indexOf(variable) : named[0]!;
  const shape = variables?.[place]?.shape ?? shapeOf(entries.get(place));
  if (shape && String(shape) !== String(variable.shape))
    throw mismatch(
      `a variable of shape [${shape.join(', ')}] where '${variable.name}' of shape [${variable.shape.join(', ')}] is`,
    );
  return place;
}

const shapeOf = (entry: Remembered | undefined): readonly number[] | undefined =>
  entry && Object.values(entry.tensors)[0]?.shape;

const mismatch = (has: string): Error =>
  new OverparamError('STATE_MISMATCH', `The saved state has ${has}: restore it with the model it was saved with.`);
