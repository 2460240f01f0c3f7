import type { Tensor } from '@tensorflow/tfjs-core';
import {
  OverparamError,
  finiteStep,
  notLinearized,
  type AcceleratedOracle,
  type Answer,
  type AveragingOracle,
  type DirectionName,
  type DirectionalOracle,
  type Oracle,
  type TrialGradientOracle,
} from '@overparam/core';
import type { ParameterMemory } from '../modules/parameter-memory.ts';
import { difference, extrapolate, mix, readNumbers, step as stepFrom, type Vector } from '../modules/parameters.ts';
import { partOf } from '../modules/part.ts';
import { disposeAll, engine } from '../recording/engine.ts';
import { read, type Reading } from '../recording/reading.ts';
import { checkWeight, type Averages } from './average.ts';
import type { Linearized, Trial } from './linearization.ts';
import { moveTo, type Keeps } from './move.ts';
import type { StepLife } from './step.ts';

/** What can be asked once there is a direction. */
export type Along = Omit<DirectionalOracle & TrialGradientOracle & AcceleratedOracle & AveragingOracle, 'linearize'> &
  Pick<Oracle, 'probe' | 'move'>;

export interface AlongOptions {
  readonly life: Pick<StepLife<unknown>, 'step' | 'writes' | 'ask' | 'settle'>;
  readonly memory: ParameterMemory;
  readonly averages: Averages;
  /** Whether every move keeps the point before it. */
  readonly keepsPrevious?: () => boolean;
}

/** The questions along the directions of the last linearization. */
export function along({ life, memory, averages, keepsPrevious = () => false }: AlongOptions): Along {
  const { step, writes, ask, settle } = life;
  /** What was asked for at the last linearization: the weight of the next point in the average. */
  const weights = new WeakMap<Linearized, number>();
  const current = (question: string): Linearized => {
    if (step.at) return step.at;
    throw notLinearized(question);
  };
  const commit = (next: Vector, keeps: Keeps = {}): void => {
    const at = step.at!;
    const weight = weights.get(at);
    if (weight !== undefined)
      averages.noteWritten(writes.written().filter((one) => !at.moving.some(({ variable }) => variable === one)));
    const previous = keeps.previous || keepsPrevious();
    engine().tidy(() => moveTo(next, at, { memory, writes }, { ...keeps, previous, weight }));
    settle();
  };
  /** Moves to a point that is no trial's, and frees it. */
  const commitFresh = (next: Vector, keeps?: Keeps): void => {
    try {
      commit(next, keeps);
    } finally {
      disposeAll(next);
    }
  };
  /** f at a point that is no trial's, which is freed. */
  const valueAt = (point: () => Tensor[]): Answer<number> =>
    ask('forward', function* () {
      const next = engine().tidy(point);
      try {
        return (yield* read(step.at!.value(next)))[0]!;
      } finally {
        disposeAll(next);
      }
    });
  /** The point at w + size v, along d where no direction is named. */
  const trial = (question: string, name: DirectionName | 'd', size: number): Trial => {
    finiteStep(question, size);
    const at = current(question);
    return at.trial(name === 'd' ? at.u : at.along(name), size);
  };
  function* valueOf(question: string, name: DirectionName | 'd', size: number): Reading<number> {
    const there = trial(question, name, size);
    return (there.value ??= (yield* read(step.at!.value(there.point)))[0]!);
  }
  const past = (name: 'previous' | 'lookahead', otherwise: Vector): Vector =>
    step.at!.moving.map(({ variable, part }, k) => {
      const point = memory.of(variable)?.tensors[name];
      return point ? partOf(point, part) : otherwise[k]!;
    });

  const extragradient = (question: string, size: number): Tensor[] => {
    const { trialGradients, w } = current(question);
    if (!trialGradients) throw new OverparamError('NOT_LINEARIZED', `'${question}' was asked before 'probeGradient'.`);
    return stepFrom(w, trialGradients, finiteStep(question, size));
  };
  const heavyBall = (question: string, size: number, momentum: number): Tensor[] => {
    const { point } = trial(question, 'd', size);
    const { w } = step.at!;
    return extrapolate(point, finiteStep(question, momentum), w, past('previous', w));
  };
  const nesterov = (question: string, size: number, tau: number): Tensor[] =>
    mix(trial(question, 'd', size).point, past('lookahead', step.at!.w), finiteStep(question, tau));

  return {
    probe: (size) => ask('forward', () => valueOf('probe', 'd', size)),
    move: (size) => commit(trial('move', 'd', size).point),

    direction: (name) =>
      ask('forward', function* () {
        const at = current('direction');
        const v = at.along(name);
        const [descent, squaredNorm] = yield* readNumbers([
          [at.g, v],
          [v, v],
        ]);
        return { slope: -descent!, squaredNorm: squaredNorm! };
      }),
    probeAlong: (name, size) => ask('forward', () => valueOf('probeAlong', name, size)),
    moveAlong: (name, size) => commit(trial('moveAlong', name, size).point),

    average: (weight) => void weights.set(current('average'), checkWeight(weight)),

    probeGradient: (size) =>
      ask('inputGradients', function* () {
        const there = trial('probeGradient', 'd', size);
        const { g, u, differentiate } = step.at!;
        const { value, gradients } = differentiate(there);
        const change = difference(gradients, g);
        try {
          const [f, descent, squaredGradientNorm, squaredGradientChange] = yield* readNumbers([
            value,
            [gradients, u],
            [gradients, gradients],
            [change, change],
          ]);
          there.value = f!;
          return {
            value: f!,
            slope: -descent!,
            squaredGradientNorm: squaredGradientNorm!,
            squaredGradientChange: squaredGradientChange!,
          };
        } finally {
          disposeAll([value, ...change]);
        }
      }),
    probeExtragradient: (size) => valueAt(() => extragradient('probeExtragradient', size)),
    moveExtragradient: (size) => commitFresh(extragradient('moveExtragradient', size)),
    probeHeavyBall: (size, momentum) => valueAt(() => heavyBall('probeHeavyBall', size, momentum)),
    moveHeavyBall: (size, momentum) =>
      commitFresh(
        engine().tidy(() => heavyBall('moveHeavyBall', size, momentum)),
        { previous: true },
      ),
    probeNesterov: (size, tau) => valueAt(() => nesterov('probeNesterov', size, tau)),
    moveNesterov(size, tau) {
      const { point } = trial('moveNesterov', 'd', size);
      commitFresh(
        engine().tidy(() => nesterov('moveNesterov', size, tau)),
        { lookahead: point },
      );
    },
  };
}
