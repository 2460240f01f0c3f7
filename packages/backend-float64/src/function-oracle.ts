import { checkParameters, mismatch } from './check.ts';
import { checkModules, restricted, type Modules } from './modules.ts';
import { stepping, type Float64Oracle, type Point } from './stepping.ts';

export interface FunctionOracleOptions {
  /** Names for ranges of parameters, which requests go by; one named 'parameters' when absent. */
  readonly modules?: Modules;
}

/**
 * The oracle of a function that is given with its gradient.
 *
 * @param f the value and the gradient at w; it is handed its own copy of w
 * @param start w_0, which is copied
 * @throws OverparamError `BAD_OPTION`, `NOT_FINITE` (in `start`), `SHAPE_MISMATCH` (a gradient of another length)
 */
export function functionOracle(
  f: (w: Float64Array) => { readonly value: number; readonly gradient: ArrayLike<number> },
  start: ArrayLike<number>,
  options: FunctionOracleOptions = {},
): Float64Oracle {
  const w0 = checkParameters(start);
  const at = (w: Float64Array): Point => {
    const { value, gradient } = f(w.slice());
    if (gradient?.length !== w.length)
      throw mismatch(`The gradient has ${gradient?.length} numbers, and there are ${w.length} parameters.`);
    const g = Float64Array.from(gradient);
    return { value, gradient: (ranges) => restricted(g, ranges) };
  };
  return stepping({ name: 'float64', modules: checkModules(options.modules, w0.length), at }, w0).questions;
}
