import { add, mul, sub, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { OverparamError, badOption } from '@overparam/core';
import { share } from '../recording/engine.ts';
import type { ParameterMemory } from '../modules/parameter-memory.ts';

/** The name of the average among what is remembered of a variable. */
export const AVERAGE = 'average';

/** average + weight (point - average); the point itself, without a copy, where the weight is 1. Within `tidy`. */
export const averaged = (average: Tensor, point: Tensor, weight: number): Tensor =>
  weight === 1 ? point : add(average, mul(sub(point, average), weight));

/** @throws OverparamError `BAD_OPTION` */
export function checkWeight(weight: number): number {
  if (!(weight >= 0 && weight <= 1)) throw badOption("The weight of 'average'", weight, 'a number from 0 to 1');
  return weight;
}

export interface WithAverageOptions {
  /**
   * Computes the statistics of batch normalization anew while the averaged weights are in place: calls the model on data
   * as in training, `() => tf.tidy(() => void model.apply(x, { training: true }))`. What it writes is put back too.
   */
  readonly statistics?: () => unknown;
}

/** The averaged weights of a method that asks for an average, as users reach them. */
export interface Averaged {
  /**
   * Puts the averaged weights into the variables, runs `body`, and puts the weights back, whether it returns, throws, or
   * its promise settles. Without averages the variables stay as they are. No step can be taken meanwhile.
   * @throws OverparamError `AVERAGE_IN_PLACE` within another call, `STATISTICS_NEEDED`
   */
  withAverage<T>(body: () => T, options?: WithAverageOptions): T;
  /** Puts the averaged weights into the variables to stay, at the end of a training. @throws OverparamError as `withAverage` */
  takeAverage(options?: WithAverageOptions): void;
}

/** The averaged weights that an oracle keeps beside its variables. */
export interface Averages extends Averaged {
  /** Notes the variables that the loss itself wrote in a step whose point was averaged. */
  noteWritten(variables: Iterable<Variable>): void;
  /** @throws OverparamError `AVERAGE_IN_PLACE` while the averaged weights are in the variables */
  assertOut(): void;
}

export function averages(memory: ParameterMemory): Averages {
  const written = new Set<Variable>();
  let inPlace = false;

  const each = (): (readonly [Variable, Tensor])[] =>
    memory.all().flatMap(([variable, { tensors }]) => {
      const average = tensors[AVERAGE];
      return average ? [[variable, average] as const] : [];
    });
  const statisticsKept = (): Variable[] => [...written].filter(({ isDisposed }) => !isDisposed);
  const assertOut = (): void => {
    if (!inPlace) return;
    throw new OverparamError(
      'AVERAGE_IN_PLACE',
      'The averaged weights are in the variables: wait for the call of withAverage that put them there.',
    );
  };
  /** What there is to put in place. */
  const checked = ({ statistics }: WithAverageOptions): (readonly [Variable, Tensor])[] => {
    assertOut();
    const all = each();
    const [first] = all.length > 0 ? statisticsKept() : [];
    if (first && !statistics)
      throw new OverparamError(
        'STATISTICS_NEEDED',
        `The loss writes '${first.name}', as batch normalization does: its statistics belong to the last weights, not to their average. Pass \`statistics\`, a function that runs the model as in training on some data.`,
      );
    return all;
  };
  const put = (all: readonly (readonly [Variable, Tensor])[], { statistics }: WithAverageOptions): void => {
    for (const [variable, average] of all) variable.assign(average);
    if (all.length > 0) statistics?.();
  };
  /** What the variables hold, to put back. */
  const saved = (all: readonly (readonly [Variable, Tensor])[]): (() => void) => {
    const before = [...all.map(([variable]) => variable), ...statisticsKept()].map(
      (variable) => [variable, share(variable)] as const,
    );
    return () => {
      for (const [variable, tensor] of before) {
        if (!variable.isDisposed) variable.assign(tensor);
        tensor.dispose();
      }
    };
  };

  return {
    assertOut,
    noteWritten(variables) {
      for (const variable of variables) written.add(variable);
    },
    withAverage<T>(body: () => T, options: WithAverageOptions = {}): T {
      const all = checked(options);
      const restore = saved(all);
      let answer: T;
      inPlace = true;
      try {
        put(all, options);
        answer = body();
      } catch (error) {
        settle();
        throw error;
      }
      if (typeof (answer as PromiseLike<unknown> | undefined | null)?.then === 'function')
        return Promise.resolve(answer).finally(settle) as T;
      settle();
      return answer;

      function settle(): void {
        inPlace = false;
        restore();
      }
    },
    takeAverage: (options = {}) => put(checked(options), options),
  };
}
