import { oracle } from '@overparam/backend-tfjs';
import { run, type Work } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import { sha256 } from '../../experiments/checksum.ts';
import type { Working } from '../study.ts';
import { methodOf } from './comparison.ts';
import type { MatSettings, Training } from './settings.ts';
import { stored, unstored, type StoredTensor } from './stored-tensor.ts';
import type { MatTask } from './task.ts';
import type { Chosen, Measurement, TrainingResult } from './trained.ts';

/** Between two steps: all that the rest of the training follows from. */
interface Snapshot {
  readonly step: number;
  readonly seconds: number;
  readonly work: Work;
  /** Module-steps of candidates. */
  readonly moduleSteps: number;
  /** Of the losses since the last measurement. */
  readonly losses: readonly number[];
  readonly measurements: readonly Measurement[];
  readonly selections: readonly Chosen[];
  readonly method: unknown;
  readonly parameters: readonly StoredTensor[];
  readonly moments: readonly StoredTensor[];
}

const nothing: Work = { forward: 0, inputGradients: 0, weightGradients: 0, kernels: 0 };

/** Trains, and measures the validation loss on the way, outside of the time and the work that count. */
export async function train(
  training: Training,
  settings: MatSettings,
  task: MatTask,
  { from, progress }: Working,
): Promise<TrainingResult | undefined> {
  const { steps, measureEvery } = settings;
  const saved = from as Snapshot | undefined;
  const variables = task.parameters.map(({ variable }) => variable);
  let { step, seconds, moduleSteps, measurements, selections } = saved ?? {
    step: 0,
    seconds: 0,
    moduleSteps: 0,
    measurements: [],
    selections: [],
  };
  let losses = [...(saved?.losses ?? [])];
  const method = methodOf(training, settings, task);
  let state = saved ? saved.method : method.init();
  const tfjs = oracle(() => task.loss(step), {
    variables,
    modules: task.modules,
    samples: task.batch,
    direction: settings.inner === 'ponos' ? 'gradient' : 'adam',
  });
  const candidates = Object.values(task.kinds).flat();
  const before = saved?.work ?? nothing;
  let work = before;

  try {
    if (saved) {
      saved.parameters.forEach((one, i) => tf.tidy(() => variables[i]!.assign(unstored(one))));
      const moments = saved.moments.map((one) => ({ name: one.name, tensor: unstored(one) }));
      await tfjs.restore(moments);
      tf.dispose(moments.map(({ tensor }) => tensor));
    }
    for (;;) {
      if ((step % measureEvery === 0 || step === steps) && measurements.at(-1)?.step !== step) {
        const mean = losses.reduce((total, loss) => total + loss, 0) / losses.length;
        measurements = [
          ...measurements,
          {
            step,
            trainLoss: finite(mean),
            validationLoss: finite(task.validationLoss()),
            work: total(work),
            seconds,
          },
        ];
        losses = [];
      }
      if (step === steps) break;
      const goesOn = await progress({
        done: step / steps,
        text: `step ${step}  validation loss ${measurements.at(-1)!.validationLoss?.toFixed(3) ?? 'not finite'}`,
        snapshot: (): Snapshot => ({
          step,
          seconds,
          work,
          moduleSteps,
          losses,
          measurements,
          selections,
          method: state,
          parameters: task.parameters.map(({ name, variable }) => stored(name, variable)),
          moments: tfjs.save().map(({ name, tensor }) => stored(name, tensor)),
        }),
      });
      if (!goesOn) return undefined;

      const began = performance.now();
      const { state: next, report } = run(method, tfjs, state);
      seconds += (performance.now() - began) / 1000;
      work = sum(before, await tfjs.work());
      state = next;
      losses.push(report.inner.value);
      const trained = candidates.filter((module) => report.trained?.includes(module) ?? true);
      moduleSteps += trained.length;
      if (report.selection) {
        const lambda = new Map(report.selection.spectra.modules.map((one) => [one.module, one.lambda_max]));
        selections = [
          ...selections,
          {
            step,
            lambda: candidates.map((module) => lambda.get(module)!),
            active: candidates.map((module) => trained.includes(module)),
          },
        ];
      }
      step++;
    }
    return {
      measurements,
      candidates,
      selections,
      share: moduleSteps / (steps * candidates.length),
      work,
      parameters: {
        count: variables.reduce((count, { size }) => count + size, 0),
        sha256: sha256(...variables.map((variable) => variable.dataSync() as Float32Array)),
      },
    };
  } finally {
    tfjs.dispose();
    task.dispose();
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const total = ({ forward, inputGradients, weightGradients, kernels }: Work): number =>
  forward + inputGradients + weightGradients + kernels;

const sum = (a: Work, b: Work): Work => ({
  forward: a.forward + b.forward,
  inputGradients: a.inputGradients + b.inputGradients,
  weightGradients: a.weightGradients + b.weightGradients,
  kernels: a.kernels + b.kernels,
});
