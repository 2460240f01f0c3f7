import { numpy as np, tree, type Array as JaxArray } from '@jax-js/jax';
import {
  badOption,
  finiteStep,
  OverparamError,
  type AcceleratedOracle,
  type DirectionalOracle,
  type DirectionName,
  type DirectionSummary,
  type Housekeeping,
  type Linearization,
  type LinearizeRequest,
  type Oracle,
  type TrialGradientOracle,
  type TrialLinearization,
} from '@overparam/core';
import { free, held, type Leaves, type Tree } from './leaves.ts';
import { chosen } from './modules.ts';
import { differentiated, inner, plus, split, squaredNorm, together } from './objective.ts';
import { read, type Answering, type Reading } from './reading.ts';
import {
  abandon,
  begin,
  commit,
  finish,
  found,
  linearized,
  part,
  rest,
  type Linearized,
  type Moments,
  type Session,
  type Step,
} from './session.ts';

/** f at the weights, a number, on a batch. */
export type LossFunction = (weights: Tree, batch: Tree) => JaxArray;

export type LossQuestions = Oracle & DirectionalOracle & TrialGradientOracle & AcceleratedOracle & Housekeeping;

/** A number as an array of no dimensions. */
export const scalar = (x: number, type: 'float32' | 'float64'): JaxArray => np.array(x, { dtype: np[type] });

/** The questions that need no more than f and its gradient. Each reads back from the device once. */
export function lossQuestions(session: Session, f: LossFunction, answering: Answering): LossQuestions {
  const { structure, programs, rule, float } = session;
  const objective = (active: readonly number[]) => split(structure, active, f);
  const key = (question: string, active: readonly number[]): string => `${question} ${active.join()}`;
  const one = (x: number): JaxArray => scalar(x, float);

  /** Coefficients of the rule at the next step of each trained array, one row per array. */
  const coefficients = (moments: readonly Moments[]): JaxArray => {
    const rows = moments.map(({ t }) => [...rule.coefficients(t + 1)]);
    return np.array(rows, { dtype: np[float] });
  };

  function* linearize(request: LinearizeRequest = {}): Reading<Linearization> {
    const active = chosen(session.modules, request);
    const step = begin(session);
    const { w, moments } = session.kept;
    const before = active.map((i) => moments[i]!);
    const { g, d, memory, summary } = programs(
      key('linearize', active),
      () => (trained: JaxArray[], resting: JaxArray[], batch: Tree, memories: JaxArray[][], rows: JaxArray) => {
        const [value, gradient] = differentiated(objective(active), held(trained), resting, batch);
        const next = gradient.map((g, i) =>
          rule.next({ gradient: g.ref, weight: trained[i]!, memory: memories[i]!, coefficients: rows.ref.slice(i) }),
        );
        const direction = next.map(({ momentum }) => np.negative(momentum));
        return {
          summary: together([value, inner(held(gradient), held(direction)), squaredNorm(gradient)], float),
          g: gradient,
          d: direction,
          memory: next.map((output) => [...output.memory]),
        };
      },
    )(part(w, active), rest(w, active), ref(step.batch), before.map(({ arrays }) => held(arrays)), coefficients(before)); // prettier-ignore
    const after = memory.map((arrays, i) => ({ t: before[i]!.t + 1, arrays }));
    const at: Linearized = { active, g, d, moments: after, named: new Map() };
    found(step, at);
    const [value, slope, squaredGradientNorm] = yield* read(summary);
    const here = { value: value!, slope: slope!, squaredGradientNorm: squaredGradientNorm! };
    const descends = !(slope! >= 0 && squaredGradientNorm! > 0);
    if (descends || request.descend === false || step.at !== at) return here;
    return { ...here, slope: yield* fallBack(step, at), fellBack: true };
  }

  /** d <- what the current gradient brings of it, or -g if that ascends too; the slope along it. */
  function* fallBack(step: Step, at: Linearized): Reading<number> {
    at.named.set('momentum', at.d);
    at.d = ofRule('fresh', at);
    const fresh = yield* slopeAlong(at);
    if (fresh < 0 || step.at !== at) return fresh;
    free(at.d);
    at.d = held(named('gradient'));
    return yield* slopeAlong(at);
  }

  function* slopeAlong({ active, g, d }: Linearized): Reading<number> {
    const slope = programs(key('slope', active), () => (x: JaxArray[], v: JaxArray[]) => inner(x, v))(held(g), held(d));
    return (yield* read(slope))[0]!;
  }

  /** -P g, or its fresh part, by the direction rule. */
  const ofRule = (which: 'preconditioned' | 'fresh', { active, g, moments }: Linearized): JaxArray[] =>
    programs(
      key(which, active),
      () => (x: JaxArray[], w: JaxArray[], memories: JaxArray[][], rows: JaxArray) =>
        x.map((xi, i) =>
          np.negative(
            rule[which]({ gradient: xi, weight: w[i]!, memory: memories[i]!, coefficients: rows.ref.slice(i) }),
          ),
        ),
    )(
      held(g),
      part(session.kept.w, active),
      moments!.map(({ arrays }) => held(arrays)),
      coefficients(moments!.map(({ t, arrays }) => ({ t: t - 1, arrays }))),
    );

  /** The direction of this name at the last linearization. */
  function named(name: DirectionName): Leaves {
    const at = linearized(session, 'direction');
    if (name === 'momentum') return at.named.get(name) ?? at.d;
    if (name !== 'gradient' && name !== 'preconditioned')
      throw badOption('direction', name, "'gradient', 'preconditioned' or 'momentum'");
    const known = at.named.get(name);
    if (known) return known;
    const { active, g, moments } = at;
    const v =
      name === 'preconditioned' && moments
        ? ofRule('preconditioned', at)
        : programs(key('negative', active), () => (x: JaxArray[]) => x.map((xi) => np.negative(xi)))(held(g));
    at.named.set(name, v);
    return v;
  }

  function* probed(question: string, size: number, direction: () => Leaves): Reading<number> {
    finiteStep(question, size);
    const { active } = linearized(session, question);
    const { w } = session.kept;
    const value = programs(
      key('probe', active),
      () => (trained: JaxArray[], resting: JaxArray[], batch: Tree, v: JaxArray[], step: JaxArray) =>
        objective(active)(plus(trained, step, v), resting, batch),
    )(part(w, active), rest(w, active), ref(begin(session).batch), held(direction()), one(size));
    return (yield* read(value))[0]!;
  }

  /** All arrays of w + step v, where v has the trained ones. */
  const ahead = (active: readonly number[], size: number, v: Leaves): JaxArray[] => {
    const { w } = session.kept;
    const trained = programs(
      key('plus', active),
      () => (x: JaxArray[], step: JaxArray, y: JaxArray[]) => plus(x, step, y),
    )(part(w, active), one(size), held(v));
    return w.map((x, i) => trained[active.indexOf(i)] ?? x.ref);
  };

  const moved = (question: string, size: number, direction: () => Leaves): JaxArray[] => {
    finiteStep(question, size);
    const { active } = linearized(session, question);
    return ahead(active, size, direction());
  };

  /** (1 - t) a + t b, array by array; a is taken over, b is kept. */
  const mixed = (a: Leaves, t: number, b: Leaves): JaxArray[] =>
    programs(
      'mixed',
      () => (x: JaxArray[], y: JaxArray[], tau: JaxArray) =>
        x.map((xi, i) => xi.add(np.subtract(y[i]!, xi.ref).mul(tau.ref))),
    )([...a], held(b), one(t));

  const d = () => linearized(session, 'move').d;

  return {
    name: 'jax-js',
    linearize: answering(linearize),
    probe: answering((size: number) => probed('probe', size, () => linearized(session, 'probe').d)),
    move: answering(function* (size: number): Reading<void> {
      commit(session, moved('move', size, d));
    }),

    direction: answering(function* (name: DirectionName): Reading<DirectionSummary> {
      const { active, g } = linearized(session, 'direction');
      const summary = programs(
        key('direction', active),
        () => (x: JaxArray[], v: JaxArray[]) => together([inner(x, held(v)), squaredNorm(v)], float),
      )(held(g), held(named(name)));
      const [slope, norm] = yield* read(summary);
      return { slope: slope!, squaredNorm: norm! };
    }),
    probeAlong: answering((name: DirectionName, size: number) => probed('probeAlong', size, () => named(name))),
    moveAlong: answering(function* (name: DirectionName, size: number): Reading<void> {
      commit(
        session,
        moved('moveAlong', size, () => named(name)),
      );
    }),

    probeGradient: answering(function* (size: number): Reading<TrialLinearization> {
      finiteStep('probeGradient', size);
      const { active, g, d } = linearized(session, 'probeGradient');
      const step = begin(session);
      const { w } = session.kept;
      const { trial, summary } = programs(
        key('probeGradient', active),
        () => (trained: JaxArray[], resting: JaxArray[], batch: Tree, g0: JaxArray[], v: JaxArray[], t: JaxArray) => {
          const [value, g1] = differentiated(objective(active), plus(trained, t, held(v)), resting, batch);
          const change = g1.map((x, i) => np.subtract(x.ref, g0[i]!));
          const numbers = [value, inner(held(g1), v), squaredNorm(g1), squaredNorm(change)];
          return { trial: g1, summary: together(numbers, float) };
        },
      )(part(w, active), rest(w, active), ref(step.batch), held(g), held(d), one(size));
      free(step.trial);
      step.trial = trial;
      const [value, slope, squaredGradientNorm, squaredGradientChange] = yield* read(summary);
      return { value: value!, slope: slope!, squaredGradientNorm: squaredGradientNorm!, squaredGradientChange: squaredGradientChange! }; // prettier-ignore
    }),
    moveExtragradient: answering(function* (size: number): Reading<void> {
      finiteStep('moveExtragradient', size);
      const { active } = linearized(session, 'moveExtragradient');
      const trial = session.step!.trial;
      if (!trial)
        throw new OverparamError(
          'NOT_LINEARIZED',
          "'moveExtragradient' was asked before 'probeGradient': ask that first.",
        );
      commit(session, ahead(active, -size, trial));
    }),
    moveHeavyBall: answering(function* (size: number, momentum: number): Reading<void> {
      finiteStep('moveHeavyBall', momentum);
      const { w, previous = w } = session.kept;
      const next = moved('moveHeavyBall', size, d);
      const pushed = programs(
        'heavy ball',
        () => (x: JaxArray[], now: JaxArray[], past: JaxArray[], beta: JaxArray) =>
          x.map((xi, i) => xi.add(np.subtract(now[i]!, past[i]!).mul(beta.ref))),
      )(next, held(w), held(previous), one(momentum));
      commit(session, pushed, { previous: held(w) });
    }),
    moveNesterov: answering(function* (size: number, tau: number): Reading<void> {
      finiteStep('moveNesterov', tau);
      const { w, lookahead = w } = session.kept;
      const y = moved('moveNesterov', size, d);
      commit(session, mixed(held(y), tau, lookahead), { lookahead: y });
    }),

    abandon: () => abandon(session),
    finish: () => finish(session),
  };
}

/** One more reference of each array of the batch. */
const ref = (batch: Tree): Tree => tree.ref(batch);
