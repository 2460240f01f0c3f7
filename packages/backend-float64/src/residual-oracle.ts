import { badOption, withDefaults, type Matrix } from '@overparam/core';
import { composite, type Float64CompositeOracle } from './composite.ts';
import { robust, type RobustOptions } from './losses/robust.ts';
import type { Rho, RhoName } from './losses/rho.ts';
import { checkParameters } from './check.ts';
import type { Direction } from './directions/by-name.ts';
import type { Modules } from './modules.ts';

export interface ResidualOracleOptions extends RobustOptions {
  /** N x P: row i is the gradient of residual i. */
  readonly jacobian: (w: Float64Array) => Matrix;
  /** 'linear', the squares, when absent. */
  readonly rho?: RhoName | Rho;
  /** Names for ranges of parameters. */
  readonly modules?: Modules | undefined;
  /** Which residuals the next step sees, by index, as `batch` of {@link composite}. @default all */
  readonly batch?: (() => readonly number[]) | undefined;
  /** How `linearize` makes the direction of gradients, as in {@link composite}. @default 'gradient' */
  readonly direction?: Direction;
}

/**
 * The oracle of a vector of residuals, f(w) = 1/2 sum_i s_i delta^2 rho((r_i(w) / delta)^2): N outputs, one per sample.
 *
 * The residuals are those of one data set: for mini-batches give `batch`.
 *
 * @param residuals r(w); their number must not change
 * @param start w_0, which is copied
 * @throws OverparamError `BAD_OPTION`, `NOT_FINITE` (in `start`), `SHAPE_MISMATCH`
 */
export function residualOracle(
  residuals: (w: Float64Array) => ArrayLike<number>,
  start: ArrayLike<number>,
  options: ResidualOracleOptions,
): Float64CompositeOracle {
  const { jacobian, rho, modules, batch, direction, scale, weights, reduction } = withDefaults<ResidualOracleOptions>(
    'residualOracle',
    {
      jacobian: undefined as never,
      rho: 'linear',
      modules: undefined,
      batch: undefined,
      direction: 'gradient',
      scale: 1,
      weights: undefined,
      reduction: 'sum',
    },
    options,
  );
  if (typeof jacobian !== 'function')
    throw badOption('jacobian', jacobian, 'a function of w, the derivative of the residuals');
  const column = (w: Float64Array): Matrix => {
    const r = residuals(w);
    return { rows: r.length, columns: 1, data: Float64Array.from(r) };
  };
  const count = column(checkParameters(start)).rows;
  return composite({
    model: { outputs: column, jacobian },
    loss: robust(rho, new Float64Array(count), { scale, weights, reduction }),
    start,
    modules,
    batch,
    direction,
  });
}
