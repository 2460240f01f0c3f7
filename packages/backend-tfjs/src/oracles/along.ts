import type { Tensor } from '@tensorflow/tfjs-core';
import {
  OverparamError,
  finiteStep,
  notLinearized,
  type AcceleratedOracle,
  type Answer,
  type DirectionName,
  type DirectionSummary,
  type DirectionalOracle,
  type Linearization,
  type Oracle,
  type TrialGradientOracle,
  type TrialLinearization,
} from '@overparam/core';
import { disposeAll, engine, share } from '../recording/engine.ts';
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
export type Along = Omit<DirectionalOracle & TrialGradientOracle & AcceleratedOracle, 'linearize'> &
  Pick<Oracle, 'probe' | 'move'>;

export interface AlongOptions {
  /** The last linearization. */
  readonly at: () => Linearized | undefined;
  /** Called when w has moved. */
  readonly moved: () => void;
  readonly memory: ParameterMemory;
  readonly writes: Transaction;
  readonly read: Read;
  /** Whether the point before is needed, whatever the move. */
  readonly keepsPrevious?: () => boolean;
}

/** The questions along the directions of the last linearization. */
export function along({ at, moved, memory, writes, read, keepsPrevious = () => false }: AlongOptions): Along {
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
    const lookahead = keeps?.lookahead && whole(keeps.lookahead);
    moving.forEach(({ variable }, k) => {
      const past = memory.of(variable)?.tensors;
      const { t, tensors: moments } = remembers[k]!;
      writes.note(variable);
      const tensors = { ...moments };
      if (keeps?.previous || keepsPrevious() || past?.['previous']) tensors['previous'] = share(variable);
      if (lookahead || past?.['lookahead']) tensors['lookahead'] = share((lookahead ?? points)[k]!);
      release(Object.values(moments));
      writes.remember(variable, { t, tensors });
      variable.assign(points[k]!);
    });
    // What did not move has moved by 0.
    for (const [variable, { t, tensors }] of memory.all())
      if (tensors['previous'] && !moving.some((one) => one.variable === variable)) {
        const kept = Object.entries(tensors).map(([name, x]) => [name, share(name === 'previous' ? variable : x)]);
        writes.remember(variable, { t, tensors: Object.fromEntries(kept) as Record<string, Tensor> });
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

/** What the linearization tells, where it fell back to -g included. */
export function summary(here: Linearized, value: Tensor, read: Read): Answer<Linearization> {
  const { g, u } = here;
  const wanted: Wanted[] = u === g ? [value, [g, g]] : [value, [g, g], [g, u]];
  return whenAnswered(
    readNumbers(read, wanted),
    ([value, squaredGradientNorm, descent = squaredGradientNorm]): Linearization => {
      if (u === g || descent! > 0)
        return { value: value!, slope: -descent!, squaredGradientNorm: squaredGradientNorm! };
      here.u = g;
      return {
        value: value!,
        slope: -squaredGradientNorm!,
        squaredGradientNorm: squaredGradientNorm!,
        fellBack: true,
      };
    },
  );
}
