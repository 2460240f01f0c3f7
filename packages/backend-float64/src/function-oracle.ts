import { badOption, withDefaults, type SampleLosses, type SampleLossOracle } from '@overparam/core';
import { checkParameters, mismatch } from './check.ts';
import { directionRule, type Direction } from './directions/by-name.ts';
import { checkModules, restricted, type Modules } from './modules.ts';
import { stepping, type Float64Oracle, type Point } from './stepping.ts';
import type { Synchronous } from './synchronous.ts';

export interface FunctionOracleOptions<Batch = undefined> {
  /** Names for ranges of parameters, which requests use. @default one module named 'parameters' */
  readonly modules?: Modules | undefined;
  /** How the direction is made of gradients: a rule, its name, or a method's `direction`. @default 'gradient' */
  readonly direction?: Direction;
  /**
   * The batch of the next step, which f gets as its second argument. Called at the first question of a step, and not
   * again for a step that was abandoned.
   */
  readonly batch?: (() => Batch) | undefined;
  /**
   * True: f depends on w alone, and the oracle never calls it twice at a point; an accepted trial is the next step's
   * point. False: f is called again at each step, since it may read another batch then. @default false
   */
  readonly deterministic?: boolean;
  /** The loss of each sample of the batch, and which samples these are: the oracle then answers `sampleLosses`. */
  readonly sampleLosses?: ((w: Float64Array, batch: Batch) => SampleLosses) | undefined;
}

/** The value and the gradient at w. */
export type ValueAndGradient<Batch> = (
  w: Float64Array,
  batch: Batch,
) => { readonly value: number; readonly gradient: ArrayLike<number> };

/**
 * The oracle of a function that is given with its gradient.
 *
 * @param f the value and the gradient at w, of which it gets its own copy
 * @param start w_0, which is copied
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`, `NOT_FINITE` (in `start`), `SHAPE_MISMATCH` (the gradient's length)
 */
export function functionOracle<Batch = undefined>(
  f: ValueAndGradient<Batch>,
  start: ArrayLike<number>,
  options: FunctionOracleOptions<Batch> & { readonly sampleLosses: (w: Float64Array, batch: Batch) => SampleLosses },
): Float64Oracle & Synchronous<Pick<SampleLossOracle, 'sampleLosses'>>;
export function functionOracle<Batch = undefined>(
  f: ValueAndGradient<Batch>,
  start: ArrayLike<number>,
  options?: FunctionOracleOptions<Batch>,
): Float64Oracle;
export function functionOracle<Batch = undefined>(
  f: ValueAndGradient<Batch>,
  start: ArrayLike<number>,
  given: FunctionOracleOptions<Batch> = {},
): Float64Oracle & Partial<Synchronous<Pick<SampleLossOracle, 'sampleLosses'>>> {
  const { modules, direction, batch, deterministic, sampleLosses } = withDefaults<FunctionOracleOptions<Batch>>(
    'functionOracle',
    { modules: undefined, direction: 'gradient', batch: undefined, deterministic: false, sampleLosses: undefined },
    given,
  );
  if (typeof f !== 'function') throw badOption('f', f, 'a function of the parameters that returns { value, gradient }');
  if (typeof deterministic !== 'boolean') throw badOption('deterministic', deterministic, 'true or false');
  if (batch !== undefined && typeof batch !== 'function')
    throw badOption('batch', batch, 'a function that returns the batch of the next step');
  if (batch && deterministic)
    throw badOption('deterministic', true, "false beside 'batch': f then depends on the batch too");
  const w0 = checkParameters(start);
  let samples: Batch;
  const at = (w: Float64Array): Point => {
    const { value, gradient } = f(w.slice(), samples);
    if (gradient?.length !== w.length)
      throw mismatch(`The gradient has ${gradient?.length} numbers, and there are ${w.length} parameters.`);
    const g = Float64Array.from(gradient);
    return { value, gradient: (ranges) => restricted(g, ranges) };
  };
  const takeBatch = batch && ((): void => void (samples = batch()));
  const { questions, at: current } = stepping(
    {
      name: 'float64',
      modules: checkModules(modules, w0.length),
      at,
      takeBatch,
      deterministic,
      rule: directionRule(direction),
    },
    w0,
  );
  if (!sampleLosses) return questions;
  return Object.assign(questions, {
    sampleLosses: () => {
      // The first question of a step takes its batch.
      current();
      return sampleLosses(questions.parameters(), samples);
    },
  });
}
