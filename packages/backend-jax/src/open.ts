import { numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import { badOption, OverparamError, required } from '@overparam/core';
import { directionRule, type Direction } from './directions/index.ts';
import { assembled, flattened, free, held, type Leaves, type Tree } from './leaves.ts';
import { modulesOf, type ModulePaths } from './modules.ts';
import { programs } from './programs.ts';
import { answering, type Answering } from './reading.ts';
import { abandon, release, type Session } from './session.ts';

export interface CommonOptions<W extends Tree, B extends Tree> {
  /** The weights at the start: nested objects and arrays of jax-js arrays, all float32 or all float64. They are taken over. */
  readonly weights: W;
  /**
   * The batch of the next step, which is taken over: called at the first question of a step, and not again for a step that
   * was abandoned. For full batches `() => tree.ref(data)`. Keys of random numbers belong here. @default () => []
   */
  readonly batch?: () => B;
  /** How the direction d is made of gradients: a rule or its name. @default 'gradient' */
  readonly direction?: Direction;
  /** Names of modules, with the paths of their arrays: `{ head: 'layers.2' }`. @default each array, by its path */
  readonly modules?: ModulePaths;
  /**
   * Whether answers are promises. They must be on WebGPU and WebGL. @default false for devices `cpu` and `wasm`, else true
   */
  readonly asynchronous?: boolean;
}

/** What each oracle of this package has beside its questions. */
export interface JaxState<W extends Tree> {
  /** The current weights: one more reference of each array, which the caller disposes of. */
  weights(): W;
  /**
   * w <- these weights, which are taken over; structure, shapes and types are those of the start. A step in progress is
   * abandoned, the moments of the direction rule stay.
   *
   * @throws OverparamError `SHAPE_MISMATCH`; nothing has changed then, and the given weights are the caller's
   */
  setWeights(weights: W): void;
  /** Disposes of weights, moments and compiled programs. The oracle is of no use after that. */
  dispose(): void;
}

export interface Opened<W extends Tree> {
  readonly session: Session;
  readonly answer: Answering;
  readonly state: JaxState<W>;
}

/** The defaults of {@link CommonOptions}. */
export const commonDefaults: Required<CommonOptions<never, never>> = {
  weights: required,
  batch: (): never => [] as never,
  direction: 'gradient' as const,
  modules: undefined as never,
  asynchronous: undefined as never,
};

/**
 * The session of an oracle.
 *
 * @param functions those that the user gave, by the names of their options
 */
export function opened<W extends Tree, B extends Tree>(
  name: string,
  functions: Readonly<Record<string, unknown>>,
  { weights, batch, direction, modules, asynchronous }: Required<CommonOptions<W, B>>,
): Opened<W> {
  for (const [option, f] of Object.entries({ ...functions, batch }))
    if (typeof f !== 'function') throw badOption(`${name}: ${option}`, f, 'a function');
  if (typeof weights !== 'object' || weights === null) throw badOption(`${name}: weights`, weights, 'a tree of arrays');
  const { leaves, structure } = flattened(weights);
  const rule = directionRule(direction);
  const session: Session = {
    structure,
    modules: modulesOf(structure.paths, modules),
    rule,
    programs: programs(),
    float: leaves[0]!.dtype as Session['float'],
    nextBatch: batch as () => Tree,
    kept: { w: leaves, moments: leaves.map((leaf) => ({ t: 0, arrays: rule.remembers.map(() => np.zerosLike(leaf.ref)) })) }, // prettier-ignore
  };
  const waits = asynchronous ?? !['cpu', 'wasm'].includes(leaves[0]!.device);
  return {
    session,
    answer: answering(waits),
    state: {
      weights: () => assembled(structure.definition, held(session.kept.w)) as W,
      setWeights(given) {
        const next = alike(session.kept.w, structure.paths, given);
        abandon(session);
        const { w, moments, previous, lookahead } = session.kept;
        [w, previous, lookahead].forEach(free);
        session.kept = { w: next, moments };
      },
      dispose() {
        abandon(session);
        if (session.again) tree.dispose(session.again);
        session.again = undefined;
        release(session.kept);
        session.programs.dispose();
      },
    },
  };
}

/** The leaves of weights in the structure of those that there are. @throws OverparamError `SHAPE_MISMATCH` */
function alike(w: Leaves, paths: readonly string[], given: Tree): JaxArray[] {
  const { leaves, structure } = flattened(given);
  const shown = (leaf: JaxArray | undefined, path: string | undefined): string =>
    leaf ? `${path} of ${leaf.dtype}[${leaf.shape.join(', ')}]` : 'nothing';
  for (let i = 0; i < Math.max(leaves.length, w.length); i++) {
    const [expected, found] = [shown(w[i], paths[i]), shown(leaves[i], structure.paths[i])];
    if (expected !== found)
      throw new OverparamError('SHAPE_MISMATCH', `The weights have ${found} where the oracle has ${expected}.`);
  }
  return leaves;
}
