import type { Array as JaxArray } from '@jax-js/jax';
import { required, withDefaults, type ModularOracle } from '@overparam/core';
import type { Tree } from './leaves.ts';
import { lossQuestions, type LossFunction, type LossQuestions } from './questions.ts';
import { commonDefaults, opened, type CommonOptions, type JaxState } from './open.ts';

export interface OracleOptions<W extends Tree, B extends Tree> extends CommonOptions<W, B> {
  /** f: the loss of the weights on a batch, one number. It takes over its arguments, as functions of jax-js do. */
  readonly loss: (weights: W, batch: B) => JaxArray;
}

export interface JaxOracle<W extends Tree> extends LossQuestions, Pick<ModularOracle, 'modules'>, JaxState<W> {}

/**
 * The oracle of a loss written in jax-js: for line searches and all other methods of first order.
 *
 * The loss is traced and compiled once per combination of shapes and trained modules; after that a question is one call
 * of a compiled program, and reads back from the device once. Randomness is a key in the batch: a question that probes
 * sees the same key as `linearize`.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`
 */
export function oracle<W extends Tree, B extends Tree = Tree>(options: OracleOptions<W, B>): JaxOracle<W> {
  const { loss, ...common } = withDefaults<OracleOptions<W, B>>(
    'oracle',
    { ...commonDefaults, loss: required },
    options,
  );
  const { session, answer, state } = opened('oracle', { loss }, common);
  return Object.assign(lossQuestions(session, loss as unknown as LossFunction, answer), {
    modules: () => [...session.modules.keys()],
    ...state,
  });
}
