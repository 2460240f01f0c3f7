import { tree, type Array as JaxArray } from '@jax-js/jax';
import { notLinearized, type DirectionName } from '@overparam/core';
import type { DirectionRule } from './directions/index.ts';
import { free, held, type Leaves, type Structure, type Tree } from './leaves.ts';
import type { Modules } from './modules.ts';
import type { Programs } from './programs.ts';

/** What a direction rule remembers of one array. */
export interface Moments {
  /** How many steps it has seen. */
  readonly t: number;
  readonly arrays: Leaves;
}

/** What outlives a step. It owns a reference of each of its arrays, and is replaced, never changed. */
export interface Kept {
  readonly w: Leaves;
  readonly moments: readonly Moments[];
  /** w_{k-1} and y_k, from the first question on that needs them. */
  readonly previous?: Leaves;
  readonly lookahead?: Leaves;
}

/** What `linearize`, or another question that sets d, found. All lists have an element per trained array. */
export interface Linearized {
  /** The indices of the trained arrays among all. */
  readonly active: readonly number[];
  readonly g: Leaves;
  /** Replaced when the rule's direction does not descend. */
  d: Leaves;
  /** What the direction rule will remember when the step has ended well; undefined when no rule was asked. */
  readonly moments?: readonly Moments[];
  /** Other directions, computed when they are asked for. */
  readonly named: Map<DirectionName, Leaves>;
}

/** A step in progress. */
export interface Step {
  readonly batch: Tree;
  at?: Linearized;
  /** g(w + step d) of the last `probeGradient`. */
  trial?: Leaves;
  /** The outputs at w, for losses of outputs. */
  outputs?: JaxArray;
  moved: boolean;
}

/** Everything an oracle knows. */
export interface Session {
  readonly structure: Structure;
  readonly modules: Modules;
  readonly rule: DirectionRule;
  readonly programs: Programs;
  readonly float: 'float32' | 'float64';
  readonly nextBatch: () => Tree;
  kept: Kept;
  /** `kept` as it was before the step in progress moved. */
  undo?: Kept | undefined;
  step?: Step | undefined;
  /** The batch of a step that was abandoned: the next step is made on it again. */
  again?: Tree | undefined;
}

/** The step in progress; the first question of a step takes the batch. */
export function begin(session: Session): Step {
  if (session.step && !session.step.moved) return session.step;
  finish(session);
  const batch = session.again ?? session.nextBatch();
  session.again = undefined;
  return (session.step = { batch, moved: false });
}

/** The linearization of the step in progress. @throws OverparamError `NOT_LINEARIZED` */
export function linearized(session: Session, question: string): Linearized {
  const { step } = session;
  if (!step?.at || step.moved) throw notLinearized(question);
  return step.at;
}

/** Replaces what the step knew before by what was found. */
export function found(step: Step, at: Linearized): void {
  forget(step);
  step.at = at;
}

function forget(step: Step): void {
  const { at } = step;
  for (const leaves of [at?.g, at?.d, ...(at?.named.values() ?? []), step.trial]) free(leaves);
  at?.moments?.forEach(({ arrays }) => free(arrays));
  delete step.at;
  delete step.trial;
}

/** w <- the given arrays, which are taken over. The rule's moments go with it. */
export function commit(session: Session, w: Leaves, others: Pick<Kept, 'previous' | 'lookahead'> = {}): void {
  const { kept, step } = session;
  const moments = movedMoments(session);
  session.undo = kept;
  session.kept = { w, moments, ...others };
  if (!others.previous && kept.previous) session.kept = { ...session.kept, previous: held(kept.w) };
  if (!others.lookahead && kept.lookahead) session.kept = { ...session.kept, lookahead: held(w) };
  step!.moved = true;
  forget(step!);
}

/** The moments after the step: those of the arrays that the rule saw are new. */
function movedMoments({ kept, step }: Session): readonly Moments[] {
  const at = step?.at;
  return kept.moments.map((before, i) => {
    const seen = at?.moments?.[at.active.indexOf(i)] ?? before;
    return { t: seen.t, arrays: held(seen.arrays) };
  });
}

/** The step ended well: lets go of what it held. Moments are updated when nothing moved, too. */
export function finish(session: Session): void {
  const { step } = session;
  if (!step) return;
  if (step.at?.moments) {
    const { kept } = session;
    session.kept = { ...kept, moments: movedMoments(session) };
    kept.moments.forEach(({ arrays }) => free(arrays));
  }
  forget(step);
  step.outputs?.dispose();
  if (session.undo) release(session.undo);
  session.undo = undefined;
  tree.dispose(step.batch);
  session.step = undefined;
}

/** The step failed: everything is as it was before, and its batch is that of the next step. */
export function abandon(session: Session): void {
  const { step, undo } = session;
  if (!step) return;
  forget(step);
  step.outputs?.dispose();
  if (undo) {
    release(session.kept);
    session.kept = undo;
    session.undo = undefined;
  }
  session.again = step.batch;
  session.step = undefined;
}

export function release({ w, moments, previous, lookahead }: Kept): void {
  free(w);
  moments.forEach(({ arrays }) => free(arrays));
  free(previous);
  free(lookahead);
}

/** One more reference of the arrays with these indices. */
export const part = (leaves: Leaves, indices: readonly number[]): JaxArray[] => indices.map((i) => leaves[i]!.ref);

/** One more reference of the other arrays. */
export const rest = (leaves: Leaves, indices: readonly number[]): JaxArray[] =>
  held(leaves.filter((_, i) => !indices.includes(i)));
