import { badOption, withDefaults, type Method, type Step } from '@overparam/core';
import { dampingOf, type DampingOption } from './damping/dampings.ts';
import { factsOf, isFinite, type Facts } from './facts.ts';
import { aim, linearise, type Curvature } from './linearise.ts';
import { type Model } from './model.ts';
import { type GaussNewtonOracle } from './oracle.ts';
import { questions } from './questions.ts';
import { resolveSolver, type ConjugateGradientOptions, type SolverName } from './solver.ts';
import { ahead, momentumOf, normWith } from './spring.ts';
import { searchOf, type StepSearch } from './step-search.ts';
import { stepSize, type StepSizeOptions } from './step-size.ts';
import { stepped, stopping, type StopOptions, type StopReason } from './stop.ts';
import { allFinite } from './vector.ts';

export interface GaussNewtonOptions extends StepSizeOptions, StopOptions {
  /** H = I, as in the experiments of the paper, or the Hessian of the loss in the outputs. */
  readonly curvature?: Curvature;
  readonly damping?: DampingOption;
  /** How far to go along d = -Phi, from lambda on. */
  readonly search?: StepSearch;
  /** m of SPRING, from 0 (none) to 1, without 1. */
  readonly momentum?: number;
  readonly solver?: SolverName;
  readonly cg?: ConjugateGradientOptions;
}

export interface GaussNewtonState {
  /** How often f was evaluated. */
  readonly evaluations: number;
  /** The last step, in units of its direction: 0 if w did not move. */
  readonly step: number;
  /** |w_k - w_{k-1}| */
  readonly stepNorm: number;
  /** Where conjugate gradients start; empty without them. */
  readonly restart: readonly number[];
}

export interface GaussNewtonReport extends Facts {
  /** f(w) before the step; NaN where it is not known. */
  readonly value: number;
  /** f after it, on the same batch; `value` if w did not move. */
  readonly valueAfter: number;
  /** The step along d = -Phi: 0 if w did not move. */
  readonly step: number;
  /** |Phi| */
  readonly directionNorm: number;
  /** |w_{k+1} - w_k| */
  readonly stepNorm: number;
  /** <g, d>: minus g^T J Phi. */
  readonly slope: number;
  /** eps */
  readonly damping: number;
  /** The extreme eigenvalues of the kernel (of S^T K S), where they are known. */
  readonly sigmaMin: number | null;
  readonly sigmaMax: number | null;
  /** Of conjugate gradients. */
  readonly linearIterations: number;
  /** Evaluations of f along d. */
  readonly trials: number;
  /** How the step was solved for; null where it was not. */
  readonly form: Model['form'] | null;
  readonly stopped: StopReason | null;
}

const defaults: Required<GaussNewtonOptions> = {
  curvature: 'identity',
  lambda: null,
  gamma: null,
  damping: 'adaptive',
  search: 'constant',
  momentum: 0,
  solver: 'auto',
  cg: {},
  gradientTolerance: 0,
  stepTolerance: null,
  costTolerance: null,
  targetLoss: null,
  maxEvaluations: null,
};

/**
 * Generalised Gauss-Newton for models with more parameters than samples: w <- w - lambda Phi with
 * Phi = J^T S (S^T J J^T S + eps I)^-1 u, where S S^T = H and S u = g = dL / d outputs.
 * Arbel, Menegaux and Wolinski, NeurIPS 2023, arXiv 2302.02904, (4), in the dual form; defaults of damping and H are
 * those of the authors' code.
 *
 * With `momentum`, SPRING: phi_k = m phi_{k-1} + J^T S (S^T J J^T S + eps I)^-1 (u - m S^T J phi_{k-1}).
 * Goldshlager, Abrahamsen and Lin, arXiv 2401.10190, Algorithm 1.
 *
 * w moves only to a point where f is finite.
 *
 * @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION`; in a step `NO_SAMPLES`, `SHAPE_MISMATCH`
 */
export function gaussNewton(
  options: GaussNewtonOptions = {},
): Method<GaussNewtonState, GaussNewtonReport, GaussNewtonOracle> {
  const all = withDefaults('gauss-newton', defaults, options);
  const { curvature, momentum: m } = all;
  if (curvature !== 'identity' && curvature !== 'loss') throw badOption('curvature', curvature, "'identity' or 'loss'");
  if (!(m >= 0 && m < 1)) throw badOption('momentum', m, 'a number from 0 to 1, without 1');
  const damping = dampingOf(all.damping);
  const solver = resolveSolver(all.solver, all.cg);
  if (solver.name === 'cg' && damping.fixed === null)
    throw badOption(
      'damping',
      JSON.stringify(all.damping),
      "a constant > 0 with solver 'cg', which knows no eigenvalues",
    );
  if (solver.name === 'primal' && m > 0) throw badOption('solver', solver.name, "'auto', 'dual' or 'cg' with momentum");
  const lambda = stepSize(all, { curvature, fallback: 0.1 });
  const search = searchOf(all.search);
  const stop = stopping(all);
  // What sizes tell costs a backend another pass over its weights, and only these look at it.
  const measured = all.stepTolerance !== null || (all.gradientTolerance ?? 0) > 0 || m > 0;
  const shape = { curvature, solver, matrixFree: damping.fixed !== null, primal: m === 0 };

  return {
    name: 'gauss-newton',
    options: all,
    ...questions(all, m > 0 ? ['displacementProduct'] : []),
    init: () => ({ evaluations: 0, step: 0, stepNorm: 0, restart: [] }),
    *step(state, oracle) {
      const at = yield* linearise(oracle, shape);
      if (!at) return notFinite(state, NaN);
      const { model, dimensions } = at;
      const shift =
        damping.fixed === null ? damping.shift(model.spectrum!, dimensions.samples) : { eps: damping.fixed };
      const start = state.restart.length > 0 ? Float64Array.from(state.restart) : undefined;

      let momentum = yield* momentumOf(oracle, m, state);
      if (momentum && !allFinite(momentum.outputs)) return notFinite(state, NaN);
      let h = yield* model.minimise(shift, momentum ? ahead(model, momentum) : model.loss.target, start);
      let line = yield* aim(oracle, h, momentum ? { momentum: momentum.factor } : undefined);
      if (momentum && !(line.slope < 0) && all.search !== 'constant') {
        // A search wants a descent direction, and without momentum it has one.
        momentum = null;
        h = yield* model.minimise(shift, model.loss.target, start);
        line = yield* aim(oracle, h);
      }
      if (!isFinite(line, h)) return notFinite(state, line.value);

      const { value, slope } = line;
      const initial = lambda(dimensions);
      const found = yield* search(oracle.probe, { initial, value, slope, reference: value });
      const step = found.accepted ? found.step : 0;
      const facts = yield* factsOf(measured ? oracle : {}, model, line);
      const directionNorm = facts.directionNorm ?? normWith(h, momentum);
      const after: GaussNewtonState = {
        evaluations: state.evaluations + 1 + found.forwards,
        step,
        stepNorm: step * directionNorm,
        restart: solver.cg.warmStart && h.restart ? [...h.restart] : [],
      };
      const reason =
        stop({
          ...facts,
          value,
          trial: found.trial,
          moved: found.accepted,
          stepNorm: found.step * directionNorm,
          predicted: null,
          evaluations: after.evaluations,
        }) ?? (found.accepted ? undefined : Number.isFinite(found.trial) ? 'no-decrease' : 'non-finite');
      if (found.accepted) yield* oracle.move(step);
      return stepped(after, {
        ...unknown,
        ...facts,
        ...model.spectrum?.known(),
        value,
        valueAfter: found.accepted ? found.trial : value,
        step,
        directionNorm,
        stepNorm: after.stepNorm,
        slope,
        damping: shift.eps,
        linearIterations: h.iterations,
        trials: found.forwards,
        form: model.form,
        stopped: reason ?? null,
      });
    },
  };
}

const unknown: GaussNewtonReport = {
  value: NaN,
  valueAfter: NaN,
  step: 0,
  directionNorm: NaN,
  stepNorm: 0,
  slope: NaN,
  gradientNorm: NaN,
  largestGradient: null,
  parameterNorm: null,
  damping: NaN,
  sigmaMin: null,
  sigmaMax: null,
  linearIterations: 0,
  trials: 0,
  form: null,
  stopped: null,
};

/** w and the state stay. */
const notFinite = (state: GaussNewtonState, value: number): Step<GaussNewtonState, GaussNewtonReport> =>
  stepped(state, { ...unknown, value, stopped: 'non-finite' });
