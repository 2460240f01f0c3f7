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
  type LinearizeRequest,
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
  /** Uses a point that is no trial's, and frees it. */
  const fresh = <T>(point: () => Tensor[], use: (point: Vector) => T): T => {
    const next = engine().tidy(point);
    try {
      return use(next);
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

  const valueOf = (point: Vector): Answer<number> => whenAnswered(read(at()!.value(point)), (values) => values[0]!);
  const extragradient = (question: string, step: number): Tensor[] => {
    const gradients = current(question).trialGradients;
    if (!gradients) throw new OverparamError('NOT_LINEARIZED', `'${question}' was asked before 'probeGradient'.`);
    return stepFrom(at()!.w, gradients, finiteStep(question, step));
  };
  const heavyBall = (question: string, step: number, momentum: number): Tensor[] => {
    const { point } = trial(question, 'd', step);
    const { w } = at()!;
    return extrapolate(point, finiteStep(question, momentum), w, history('previous', w));
  };
  const nesterov = (question: string, step: number, tau: number): Tensor[] =>
    mix(trial(question, 'd', step).point, history('lookahead', at()!.w), finiteStep(question, tau));

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
    probeExtragradient: (step) => fresh(() => extragradient('probeExtragradient', step), valueOf),
    moveExtragradient: (step) => fresh(() => extragradient('moveExtragradient', step), commit),
    probeHeavyBall: (step, momentum) => fresh(() => heavyBall('probeHeavyBall', step, momentum), valueOf),
    moveHeavyBall: (step, momentum) =>
      fresh(
        () => heavyBall('moveHeavyBall', step, momentum),
        (next) => commit(next, { previous: true }),
      ),
    probeNesterov: (step, tau) => fresh(() => nesterov('probeNesterov', step, tau), valueOf),
    moveNesterov(step, tau) {
      const { point } = trial('moveNesterov', 'd', step);
      fresh(
        () => nesterov('moveNesterov', step, tau),
        (next) => commit(next, { lookahead: point }),
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
