import { median } from '../results/quantile.ts';
import type { TrainingStep } from './trainer.ts';

/** How training went, in up to 20 points an epoch; all arrays have one entry per point. */
export interface Trace {
  /** The number of steps done at the end of the point's window. */
  readonly step: readonly number[];
  /** Seconds of training until then, without the measuring between epochs. */
  readonly seconds: readonly number[];
  /** Means over the window's batches. */
  readonly loss: readonly (number | null)[];
  readonly backtracks: readonly number[];
  readonly evaluations: readonly number[];
  /** The median over the window's steps. */
  readonly stepSize: readonly (number | null)[];
}

const POINTS_AN_EPOCH = 20;

export interface Tracing {
  readonly points: Trace;
  /** The steps since the last point; what is not finite is NaN. */
  readonly open: readonly TrainingStep[];
}

export const emptyTracing: Tracing = {
  points: { step: [], seconds: [], loss: [], backtracks: [], evaluations: [], stepSize: [] },
  open: [],
};

/** The tracing after one more step. */
export function traced(
  { points, open }: Tracing,
  step: TrainingStep,
  at: { readonly step: number; readonly seconds: number; readonly stepsPerEpoch: number },
): Tracing {
  const window = [...open, { ...step, loss: finite(step.loss) ?? NaN, stepSize: finite(step.stepSize) ?? NaN }];
  const width = Math.ceil(at.stepsPerEpoch / POINTS_AN_EPOCH);
  if ((at.step % at.stepsPerEpoch) % width !== 0) return { points, open: window };
  return {
    open: [],
    points: {
      step: [...points.step, at.step],
      seconds: [...points.seconds, at.seconds],
      loss: [...points.loss, finite(mean(window.map(({ loss }) => loss)))],
      backtracks: [...points.backtracks, mean(window.map(({ backtracks }) => backtracks))],
      evaluations: [...points.evaluations, mean(window.map(({ evaluations }) => evaluations))],
      stepSize: [...points.stepSize, finite(median(window.map(({ stepSize }) => stepSize).filter(Number.isFinite)))],
    },
  };
}

/** JSON has no NaN and no Infinity. */
export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
