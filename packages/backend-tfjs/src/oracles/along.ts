import type { Tensor } from '@tensorflow/tfjs-core';
import {
  OverparamError,
  finiteStep,
  notLinearized,
  type AcceleratedOracle,
  type Answer,
  type AveragingOracle,
  type DirectionName,
  type DirectionSummary,
  type DirectionalOracle,
  type Linearization,
  type LinearizeRequest,
  type Oracle,
  type TrialGradientOracle,
  type TrialLinearization,
} from '@overparam/core';
import { disposeAll, engine, share } from '../recording/engine.ts';
import { AVERAGE, averaged, checkWeight, type Averages } from './average.ts';
import type { Linearized, Trial } from './linearization.ts';
import type { ParameterMemory } from '../modules/parameter-memory.ts';
import {
  difference,
  extrapolate,
  mix,
  readNumbers,
  step as stepFrom,
  type Vector,
  type Wanted,
} from '../modules/parameters.ts';
import { placed, taken } from '../modules/part.ts';
import { whenAnswered, type Read } from '../recording/read.ts';
import type { Transaction } from './transaction.ts';

/** What can be asked once there is a direction. */
export type Along = Omit<DirectionalOracle & TrialGradientOracle & AcceleratedOracle & AveragingOracle, 'linearize'> &
  Pick<Oracle, 'probe' | 'move'>;

export interface AlongOptions {
  /** The last linearization. */
  readonly at: () => Linearized | undefined;
  /** Called when w has moved. */
  readonly moved: () => void;
  readonly memory: ParameterMemory;
  readonly writes: Transaction;
  readonly read: Read;
  readonly averages: Averages;
  /** Whether the point before is needed, whatever the move. */
  readonly keepsPrevious?: () => boolean;
}

/** The questions along the directions of the last linearization. */
export function along(options: AlongOptions): Along {
  const { at, moved, memory, writes, read, averages, keepsPrevious = () => false } = options;
  /** The weight that a step's point has in the average. */
  const weights = new WeakMap<Linearized, number>();
  const current = (question: string): Linearized => {
    const here = at();
    if (here) return here;
    throw notLinearized(question);
  };
  /** w <- next. Points before are kept from the first question on that needs them. */
  const write = (next: Vector, keeps: { readonly previous?: true; readonly lookahead?: Vector } | undefined): void => {
    const { moving, memory: remembers, release } = at()!;
    const whole = (x: Vector): Vector => moving.map(({ variable, part }, k) => placed(x[k]!, part, variable));
    const points = whole(next);
    const weight = weights.get(at()!);
    if (weight !== undefined)
      averages.noteWritten(writes.written().filter((one) => !moving.some(({ variable }) => variable === one)));
    const lookahead = keeps?.lookahead && whole(keeps.lookahead);
    moving.forEach(({ variable }, k) => {
      const past = memory.of(variable)?.tensors;
      const { t, tensors: moments } = remembers[k]!;
      writes.note(variable);
      const tensors = { ...moments };
      if (keeps?.previous || keepsPrevious() || past?.['previous']) tensors['previous'] = share(variable);
      if (lookahead || past?.['lookahead']) tensors['lookahead'] = share((lookahead ?? points)[k]!);
      if (weight !== undefined)
        tensors[AVERAGE] = engine().keep(averaged(past?.[AVERAGE] ?? variable, points[k]!, weight));
      else if (past?.[AVERAGE]) tensors[AVERAGE] = share(past[AVERAGE]);
      release(Object.values(moments));
      writes.remember(variable, { t, tensors });
      variable.assign(points[k]!);
    });
    // What did not move has moved by 0.
    for (const [variable, { t, tensors }] of memory.all()) {
      const average = weight === undefined ? undefined : tensors[AVERAGE];
      if ((!tensors['previous'] && !average) || moving.some((one) => one.variable === variable)) continue;
      const kept = Object.entries(tensors).map(([name, x]): [string, Tensor] => [
        name,
        x === average ? engine().keep(averaged(average, variable, weight!)) : share(name === 'previous' ? variable : x),
      ]);
      writes.remember(variable, { t, tensors: Object.fromEntries(kept) });
    }
  };
  const commit = (next: Vector, keeps?: Parameters<typeof write>[1]): void => {
    engine().tidy(() => write(next, keeps));
    moved();
  };
  const commitFresh = (next: Vector, keeps?: Parameters<typeof commit>[1]): void => {
    try {
      commit(next, keeps);
    } finally {
      disposeAll(next);
    }
  };
  const trial = (question: string, along: DirectionName | 'd', step: number): Trial => {
    finiteStep(question, step);
    const here = current(question);
    return here.trial(along === 'd' ? here.u : here.along(along), step);
  };
  const valueAt = (there: Trial): Answer<number> => {
    if (there.value !== undefined) return there.value;
    return whenAnswered(read(at()!.value(there.point)), (values) => (there.value = values[0]!));
  };
  const history = (name: 'previous' | 'lookahead', otherwise: Vector): Vector =>
    at()!.moving.map(({ variable, part }, k) => {
      const past = memory.of(variable)?.tensors[name];
      return past ? taken(past, part) : otherwise[k]!;
    });

  return {
    probe: (step) => valueAt(trial('probe', 'd', step)),
    move: (step) => commit(trial('move', 'd', step).point),

    direction(name) {
      const here = current('direction');
      const v = here.along(name);
      return whenAnswered(
        readNumbers(read, [
          [here.g, v],
          [v, v],
        ]),
        ([descent, squaredNorm]): DirectionSummary => ({ slope: -descent!, squaredNorm: squaredNorm! }),
      );
    },
    probeAlong: (name, step) => valueAt(trial('probeAlong', name, step)),
    moveAlong: (name, step) => commit(trial('moveAlong', name, step).point),

    average: (weight) => void weights.set(current('average'), checkWeight(weight)),

    probeGradient(step) {
      const there = trial('probeGradient', 'd', step);
      const { g, u } = at()!;
      const { value, gradients } = at()!.differentiate(there);
      const change = difference(gradients, g);
      try {
        return whenAnswered(
          readNumbers(read, [value, [gradients, u], [gradients, gradients], [change, change]]),
          ([f, descent, squaredGradientNorm, squaredGradientChange]): TrialLinearization => {
            there.value = f!;
            return {
              value: f!,
              slope: -descent!,
              squaredGradientNorm: squaredGradientNorm!,
              squaredGradientChange: squaredGradientChange!,
            };
          },
        );
      } finally {
        disposeAll([value, ...change]);
      }
    },
    moveExtragradient(step) {
      const gradients = current('moveExtragradient').trialGradients;
      if (!gradients)
        throw new OverparamError('NOT_LINEARIZED', "'moveExtragradient' was asked before 'probeGradient'.");
      commitFresh(stepFrom(at()!.w, gradients, finiteStep('moveExtragradient', step)));
    },
    moveHeavyBall(step, momentum) {
      const { point } = trial('moveHeavyBall', 'd', step);
      const { w } = at()!;
      commitFresh(
        engine().tidy(() => extrapolate(point, momentum, w, history('previous', w))),
        { previous: true },
      );
    },
    moveNesterov(step, tau) {
      const { point } = trial('moveNesterov', 'd', step);
      commitFresh(
        engine().tidy(() => mix(point, history('lookahead', at()!.w), tau)),
        { lookahead: point },
      );
    },
  };
}

/**
 * What the linearization reports. A d that does not descend gives way to its fresh part, and to -g where that does not
 * descend either; unless the request takes it as it is.
 */
export function summary(
  here: Linearized,
  value: Tensor,
  read: Read,
  { descend = true, probes = true }: LinearizeRequest = {},
): Answer<Linearization> {
  const { g, u } = here;
  const along = (u: Vector): Answer<readonly number[]> => readNumbers(read, [[g, u]]);
  const wanted: Wanted[] = u === g ? [value, [g, g]] : probes ? [value, [g, u], [g, g]] : [value, [g, u]];
  return whenAnswered(
    readNumbers(read, wanted),
    ([value, descent, squaredGradientNorm = u === g ? descent : NaN]): Answer<Linearization> => {
      const told = { value: value!, squaredGradientNorm: squaredGradientNorm! };
      if (u === g || !descend || descent! > 0) return { ...told, slope: -descent! };
      here.fallBack();
      return whenAnswered(along(here.u), ([fresh]): Answer<Linearization> => {
        if (fresh! > 0 || here.u === g) return { ...told, slope: -fresh!, fellBack: true };
        here.fallBackToGradient();
        return whenAnswered(along(g), ([steepest]) => ({ ...told, slope: -steepest!, fellBack: true }));
      });
    },
  );
}
