import { composite, denseNetwork, squaredError, type Float64CompositeOracle } from '@overparam/backend-float64';
import { run } from '@overparam/core';
import { gaussNewton } from '@overparam/gauss-newton';
import { matrix } from '@overparam/linear-algebra';
import type { Working } from '../study.ts';
import { refit } from './refit.ts';
import type { HiddenLearningSettings, Training } from './settings.ts';
import {
  features,
  halfMeanSquare,
  outputsOf,
  outputsWith,
  studentTeacher,
  type MeanFieldNetwork,
} from './student-teacher.ts';
import { weightedCosineDistance } from './weighted-cosine-distance.ts';

/** Measured after that many steps. */
export interface Measurement {
  readonly step: number;
  readonly trainLoss: number;
  readonly testLoss: number;
  /** The test loss with the output layer fitted again. */
  readonly refitTestLoss: number;
  /** Of the hidden units from the teacher's. */
  readonly distance: number;
}

export interface TrainingResult {
  readonly measurements: readonly Measurement[];
  readonly stopped: 'converged' | 'steps' | 'diverged';
}

interface Snapshot {
  readonly step: number;
  readonly parameters: readonly number[];
  readonly measurements: readonly Measurement[];
}

/** Training ends when the loss has fallen by this factor. */
const CONVERGED = 1e-8;
const TEACHER_WIDTH = 5;

/**
 * One training of arXiv 2302.02904's synthetic experiment: full batch, constant step, both layers; Gauss-Newton with the
 * damping max(1e-7, sigma_min) of the authors' code.
 */
export async function train(
  { method, tau0, lambda, seed }: Training,
  { width, inputs, samples, testSamples, steps }: HiddenLearningSettings,
  { from, progress }: Working,
): Promise<TrainingResult | undefined> {
  const problem = studentTeacher({ seed, inputs, width, teacherWidth: TEACHER_WIDTH, samples, testSamples, tau0 });
  const { teacher, student, X, y, testX, testY } = problem;
  const network = denseNetwork({
    inputs: X,
    layers: [
      { units: width, activation: 'silu' },
      { units: 1, scale: 1 / width, bias: false },
    ],
  });
  const pack = ({ U, b, v }: MeanFieldNetwork): Float64Array =>
    network.pack([{ kernel: transposed(U), bias: b }, { kernel: matrix(width, 1, v) }]);
  const unpack = (w: Float64Array): MeanFieldNetwork => {
    const [hidden, output] = network.unpack(w);
    return { U: transposed(hidden!.kernel), b: hidden!.bias!, v: output!.kernel.data };
  };
  const measure = (step: number, w: Float64Array): Measurement => {
    const now = unpack(w);
    const refitted = refit(features(now, X), y);
    const [test, refitTest] = outputsWith(now, [now.v, refitted], testX);
    return {
      step,
      trainLoss: halfMeanSquare(outputsOf(now, X), y),
      testLoss: halfMeanSquare(test!, testY),
      refitTestLoss: halfMeanSquare(refitTest!, testY),
      distance: weightedCosineDistance(now.U, teacher.U),
    };
  };

  const saved = from as Snapshot | undefined;
  const oracle = composite({ model: network, loss: squaredError(y), start: saved?.parameters ?? pack(student) });
  const take = method === 'gn' ? gaussNewtonStep(oracle, lambda) : gradientStep(oracle, lambda);
  const first = halfMeanSquare(outputsOf(student, X), y);
  let measurements = saved?.measurements ?? [];
  for (let step = saved?.step ?? 0; ; step++) {
    // It begins the step that `take` ends: the network is evaluated once at each point.
    const trainLoss = oracle.loss();
    const stopped = !(trainLoss < 1e6 * first)
      ? 'diverged'
      : trainLoss <= CONVERGED * first
        ? 'converged'
        : step === steps
          ? 'steps'
          : undefined;
    if (stopped === 'diverged') return { measurements, stopped };
    if ((stopped || isMeasured(step)) && measurements.at(-1)?.step !== step)
      measurements = [...measurements, measure(step, oracle.parameters())];
    if (stopped) return { measurements, stopped };
    const goesOn = await progress({
      done: Math.max(step / steps, Math.log(trainLoss / first) / Math.log(CONVERGED)),
      text: `step ${step}  train loss ${trainLoss.toExponential(2)}`,
      snapshot: (): Snapshot => ({ step, parameters: [...oracle.parameters()], measurements }),
    });
    if (!goesOn) return undefined;
    take();
  }
}

/** 0, 1, ..., 6, and then at distances of about a fifth. */
const isMeasured = (step: number): boolean =>
  step <= 6 || Math.floor(5 * Math.log(step)) > Math.floor(5 * Math.log(step - 1));

function gaussNewtonStep(oracle: Float64CompositeOracle, lambda: number): () => void {
  const method = gaussNewton({ lambda });
  let state = method.init();
  return () => void ({ state } = run(method, oracle, state));
}

const gradientStep = (oracle: Float64CompositeOracle, lambda: number) => (): void => {
  oracle.linearize();
  oracle.move(lambda);
  oracle.finish();
};

function transposed({ rows, columns, data }: { rows: number; columns: number; data: Float64Array }) {
  const out = matrix(columns, rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out.data[j * rows + i] = data[i * columns + j]!;
  return out;
}
