import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { badOption, withDefaults, type SampleLossOracle, type SampleLosses } from '@overparam/core';
import { directionRule, type Direction } from '../directions/index.ts';
import { engine, type NamedTensor } from '../recording/engine.ts';
import { trainableVariables } from './problem.ts';
import type { ModulesOption } from '../modules/modules.ts';
import { read, type Reading } from '../recording/reading.ts';
import { lossOracle, type TfjsQuestions } from './loss-oracle.ts';
import type { Averaged } from './average.ts';
import { weights } from './weights.ts';

export interface OracleOptions {
  /** What to minimize over; all trainable variables, looked up at each step, when absent. */
  readonly variables?: readonly Variable[] | undefined;
  /** How the direction is made of gradients; 'gradient' when absent. */
  readonly direction?: Direction;
  /** True: numbers are read with `data()`, and answers are promises, as WebGPU and WebGL want it. */
  readonly asynchronous?: boolean;
  /** Names for groups of variables, or of slices of these; when absent, each variable is a module of its name. */
  readonly modules?: ModulesOption | undefined;
  /** N, the samples of a batch, for the questions about kernels of modules; they find it where it is absent. */
  readonly samples?: number | (() => number) | undefined;
  /** The loss of each sample of the batch, and which samples these are: the oracle then answers `sampleLosses`. */
  readonly sampleLosses?: (() => { readonly samples: readonly number[]; readonly losses: Tensor }) | undefined;
}

/** A loss as methods see it. */
export interface TfjsOracle extends TfjsQuestions, Averaged {
  /** The moments of the direction rule and what else outlives a step. The tensors are lent: do not dispose of them. */
  save(): NamedTensor[];
  /**
   * Takes what `save` gave, of this or another process. The variables' own values are the model's to save.
   * @throws OverparamError `STATE_FOREIGN`, `STATE_MISMATCH` (at the next step)
   */
  restore(saved: readonly NamedTensor[]): Promise<void>;
  /** Frees all that the oracle holds. The variables stay. */
  dispose(): void;
}

/**
 * The oracle of a tfjs loss, for `minimize` and `run` of @overparam/core.
 *
 * `linearize` calls `loss` once; what the loss did is recorded, and every other question is answered by doing the
 * recorded operations again with other values in the variables' places, on the same data and the same randomness.
 * The variables are written when a step is accepted, and only then.
 *
 * @param loss returns the loss of the current batch as a scalar; it may bring a new batch at each call
 * @throws OverparamError with the codes in the package's README, from `linearize` on
 */
export function oracle(
  loss: () => Tensor,
  options: OracleOptions & { readonly sampleLosses: NonNullable<OracleOptions['sampleLosses']> },
): TfjsOracle & SampleLossOracle;
export function oracle(loss: () => Tensor, options?: OracleOptions): TfjsOracle;
export function oracle(loss: () => Tensor, options: OracleOptions = {}): TfjsOracle & Partial<SampleLossOracle> {
  if (typeof loss !== 'function') throw badOption('loss', loss, 'a function that returns a scalar');
  const { variables, direction, asynchronous, modules, samples, sampleLosses } = withDefaults<OracleOptions>(
    'oracle',
    {
      variables: undefined,
      direction: 'gradient',
      asynchronous: false,
      modules: undefined,
      samples: undefined,
      sampleLosses: undefined,
    },
    options,
  );
  const rule = directionRule(direction);
  const problem = (): { loss: () => Tensor; variables: readonly Variable[] } => ({
    loss,
    variables: variables ?? trainableVariables(),
  });
  const { questions, memory, averages, aside, ask, dispose } = lossOracle({
    problem,
    rule,
    asynchronous,
    modules,
    samples,
  });
  const saved = weights(rule, memory);
  const answered = sampleLosses && {
    sampleLosses: () =>
      ask('forward', function* (): Reading<SampleLosses> {
        const { samples, losses } = aside(() => engine().tidy(sampleLosses));
        return { samples, losses: Array.from(yield* read(engine().keep(losses))) };
      }),
  };
  return Object.assign(questions, answered, {
    withAverage: averages.withAverage,
    takeAverage: averages.takeAverage,
    save: () => saved.give(),
    restore: async (given: readonly NamedTensor[]) => void (await saved.take(given)),
    dispose() {
      dispose();
      saved.dispose();
    },
  });
}
