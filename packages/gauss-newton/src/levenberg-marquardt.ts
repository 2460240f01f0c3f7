import { badOption, withDefaults, type Method } from '@overparam/core';
import { clip, count } from '@overparam/line-search';
import { largestCurvature } from './blocks.ts';
import { factsOf, isFinite, type Facts } from './facts.ts';
import { accelerate, resolveGeodesic, type Accelerated, type GeodesicOption } from './geodesic.ts';
import { aim, linearise, type Curvature } from './linearise.ts';
import { type Model } from './model.ts';
import { type GaussNewtonOracle } from './oracle.ts';
import { resolveScaling, type ScalingOption } from './scaling.ts';
import { questions } from './questions.ts';
import { resolveSolver, type ConjugateGradientOptions, type SolverName } from './solver.ts';
import { stepSize, type StepSizeOptions } from './step-size.ts';
import { stepped, stopping, type StopOptions, type StopReason } from './stop.ts';
import { firstDamping } from './trust/first-damping.ts';
import { type TrustState } from './trust/trust.ts';
import { trustOf, type TrustOption } from './trust/trusts.ts';

export interface LevenbergMarquardtOptions extends StepSizeOptions, StopOptions {
  /**
   * H is the Hessian of the loss in the outputs; or the identity over lambda, for losses that are squares: lambda = 1
   * for a half sum of squares, gamma = 1 (the default there) for one that is a mean over samples.
   */
  readonly curvature?: Curvature;
  readonly damping?: TrustOption;
  /** Damps by D = clip(diag(J^T J), min, max) in the place of the identity: true for Marquardt's, 1e-6 to 1e32. */
  readonly scaling?: ScalingOption;
  /** Follows the second derivative of the outputs along the step. */
  readonly geodesic?: GeodesicOption;
  /** How many trials a step makes before it leaves w where it is; the next goes on with the damping that was reached. */
  readonly attempts?: number;
  /** Looks at the gain ratio at every so many steps only; between them, any step to a finite loss is taken. */
  readonly adaptEvery?: number;
  readonly solver?: SolverName;
  readonly cg?: ConjugateGradientOptions;
}

export interface LevenbergMarquardtState extends TrustState {
  /** How often f was evaluated. */
  readonly evaluations: number;
  /** k */
  readonly steps: number;
  /** Where conjugate gradients start; empty without them. */
  readonly restart: readonly number[];
}

/** One trial of a step. */
export interface Attempt {
  /** mu; of `trust-region`, 1 / radius. */
  readonly damping: number;
  /** f at the trial. */
  readonly trial: number;
  /** The decrease that the model promised, for h without its acceleration. */
  readonly predicted: number;
  /** rho = (f - trial) / predicted */
  readonly gainRatio: number;
  /** |h|; in the norm of D under a scaling, where the oracle does not answer `sizes`. */
  readonly stepNorm: number;
  /** 2 |a| / |h|; null without geodesic acceleration. */
  readonly accelerationRatio: number | null;
  /** Of conjugate gradients. */
  readonly linearIterations: number;
  readonly accepted: boolean;
}

/** The last attempt, and what came of it. */
export interface LevenbergMarquardtReport extends Omit<Facts, 'directionNorm'>, Omit<Attempt, 'trial'> {
  /** f(w) before the step; NaN where it is not known. */
  readonly value: number;
  /** f after it, on the same batch; `value` if w did not move. */
  readonly valueAfter: number;
  /** All of them, the last one included. */
  readonly attempts: readonly Attempt[];
  /** The damping that the next step begins with. */
  readonly nextDamping: number;
  /** The extreme eigenvalues of the kernel (of S^T K S), where they are known. */
  readonly sigmaMin: number | null;
  readonly sigmaMax: number | null;
  /** How the step was solved for; null where it was not. */
  readonly form: Model['form'] | null;
  readonly stopped: StopReason | null;
}

const defaults: Required<LevenbergMarquardtOptions> = {
  curvature: 'loss',
  lambda: null,
  gamma: null,
  damping: 'nielsen',
  scaling: false,
  geodesic: false,
  attempts: 20,
  adaptEvery: 1,
  solver: 'auto',
  cg: {},
  gradientTolerance: 1e-10,
  stepTolerance: 1e-10,
  costTolerance: 1e-10,
  targetLoss: null,
  maxEvaluations: null,
};

/**
 * Levenberg-Marquardt: w <- w + h with h = -(J^T H J + mu D)^-1 J^T g, where mu is led by the gain ratio
 * rho = (f - f') / (f - m') of the trial f' = f(w + h) to the model m' = f + g . J h + |S^T J h|^2 / 2. In the dual form
 * (arXiv 2302.02904), or the primal one. A trial that is refused costs a factorisation and an evaluation of f, not a kernel.
 *
 * The loss of a batch never rises, unless `adaptEvery` or the damping rule `kfac` let it.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`; in a step `NO_SAMPLES`, `SHAPE_MISMATCH`
 */
export function levenbergMarquardt(
  options: LevenbergMarquardtOptions = {},
): Method<LevenbergMarquardtState, LevenbergMarquardtReport, GaussNewtonOracle> {
  const all = withDefaults('levenberg-marquardt', defaults, options);
  const { curvature, attempts: most, adaptEvery } = all;
  if (curvature !== 'identity' && curvature !== 'loss') throw badOption('curvature', curvature, "'identity' or 'loss'");
  for (const name of ['lambda', 'gamma'] as const)
    if (curvature === 'loss' && all[name] !== null)
      throw badOption(name, all[name], "null with curvature 'loss', which knows the full step");
  count('attempts', most);
  count('adaptEvery', adaptEvery);
  const trust = trustOf(all.damping);
  const { min, max } = trust;
  const scaling = resolveScaling(all.scaling);
  const geodesic = resolveGeodesic(all.geodesic);
  const solver = resolveSolver(all.solver, all.cg);
  const scale = curvature === 'identity' ? stepSize(all, { curvature, fallback: 1 }) : () => 1;
  const stop = stopping(all);
  const request = scaling && { scaling };
  // The columns of J D^-1/2 have norm 1.
  const first = scaling && 'tau' in trust.first ? { mu: trust.first.tau } : trust.first;

  return {
    name: 'levenberg-marquardt',
    options: all,
    ...questions(all, geodesic ? ['outputs', 'probeOutputs'] : []),
    init: () => ({ mu: null, nu: 2, evaluations: 0, steps: 0, restart: [] }),
    *step(state, oracle) {
      const at = yield* linearise(oracle, { curvature, solver, scale, scaling, matrixFree: true, primal: true });
      if (!at) return stepped(state, { ...unknown, stopped: 'non-finite' });
      const { model } = at;
      const c = scale(at.dimensions);
      // Under a scaling mu has no unit: D stands for the diagonal of J^T J, and it is J^T H J that is damped.
      const unit = (scaling && largestCurvature(model.loss.S)) || 1;
      const adapts = state.steps % adaptEvery === 0;
      const start = state.restart.length > 0 ? Float64Array.from(state.restart) : undefined;
      const outputs = geodesic ? yield* oracle.outputs() : null;

      let { nu } = state;
      let mu = clip(state.mu ?? (yield* firstDamping(oracle, model, first)), min, max);
      const attempts: Attempt[] = [];
      for (;;) {
        const shift = { eps: mu * unit };
        const h = yield* model.minimise(shift, model.loss.target, start);
        let line = yield* aim(oracle, h, request);
        if (!isFinite(line, h)) return stepped(state, { ...unknown, value: line.value, stopped: 'non-finite' });
        let bent: Accelerated | null = null;
        if (geodesic && outputs) {
          bent = yield* accelerate(oracle, model, h, shift, outputs, geodesic.step);
          line = yield* aim(oracle, bent.h, request);
        }
        const facts = yield* factsOf(oracle, model, line, c);
        const { value } = line;
        const trial = yield* oracle.probe(1);

        const predicted = -(h.slope + h.curvature / 2) / c;
        const gainRatio = (value - trial) / predicted;
        const good = !adapts || (trust.accept(gainRatio, trial < value) && !(geodesic && bent!.ratio > geodesic.ratio));
        const accepted = Number.isFinite(trial) && good;
        const stepNorm = facts.directionNorm ?? Math.sqrt((bent?.h ?? h).squaredNorm);
        const attempt = {
          damping: mu,
          trial,
          predicted,
          gainRatio,
          stepNorm,
          accelerationRatio: bent?.ratio ?? null,
          linearIterations: h.iterations,
          accepted,
        };
        attempts.push(attempt);
        const atBound = mu >= max;
        if (adapts || !accepted) [mu, nu] = trust.next(mu, nu, gainRatio, accepted);
        mu = clip(mu, min, max);

        const evaluations = state.evaluations + 1 + attempts.length;
        const reason =
          stop({ ...facts, value, trial, moved: accepted, stepNorm, predicted, evaluations }) ??
          (atBound && !accepted ? 'damping' : null);
        if (!accepted && reason === null && attempts.length < most) continue;
        if (accepted) yield* oracle.move(1);
        const restart = solver.cg.warmStart && h.restart ? [...h.restart] : [];
        return stepped(
          { mu, nu, evaluations, steps: state.steps + 1, restart },
          {
            ...unknown,
            ...attempt,
            ...facts,
            ...model.spectrum?.known(),
            value,
            valueAfter: accepted ? trial : value,
            stepNorm: accepted ? stepNorm : 0,
            attempts,
            nextDamping: mu,
            form: model.form,
            stopped: reason,
          },
        );
      }
    },
  };
}

const unknown: LevenbergMarquardtReport = {
  value: NaN,
  valueAfter: NaN,
  attempts: [],
  accepted: false,
  damping: NaN,
  nextDamping: NaN,
  predicted: NaN,
  gainRatio: NaN,
  stepNorm: 0,
  accelerationRatio: null,
  gradientNorm: NaN,
  largestGradient: null,
  parameterNorm: null,
  sigmaMin: null,
  sigmaMax: null,
  linearIterations: 0,
  form: null,
  stopped: null,
};
