import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { sha256 } from '../experiments/checksum.ts';
import { experimentNamed } from '../experiments/index.ts';
import { parseMethod } from '../methods/method-spec.ts';
import { labelOf } from '../methods/registry.ts';
import { environment } from '../results/environment.ts';
import { RESULTS_FORMAT, RESULTS_VERSION, type Plan, type Results, type RunResult } from '../results/results.ts';
import { outputsOf, type Task } from '../training/task.ts';
import { countParameters } from '../training/model.ts';
import { trainRun, type RunProgress, type RunRecord } from '../training/train-run.ts';
import { makeFolder } from './make-folder.ts';
import { writeCheckpoint, type SessionCheckpoint } from './checkpoint.ts';

/** Which of the session's runs it is. */
export interface RunIdentity {
  /** 0, 1, ... */
  readonly index: number;
  readonly count: number;
  readonly method: string;
  readonly label: string;
  readonly seed: number;
}

export interface SessionObserver {
  started?(run: RunIdentity): void;
  progressed?(run: RunIdentity, progress: RunProgress): void;
  finished?(run: RunIdentity, result: RunResult): void;
  /** A checkpoint has been written, where {@link checkpointIn} says. */
  saved?(): Promise<void>;
}

export interface SessionOptions extends SessionObserver {
  readonly plan: Plan;
  readonly task: Task;
  readonly dataPath: string | undefined;
  /** The folder of the checkpoint. */
  readonly out: string;
  /** Where to continue from. */
  readonly from?: SessionCheckpoint | undefined;
  /** Seconds between two checkpoints; there is one after each epoch anyway. */
  readonly saveEvery: number;
  /** True when the session is to stop after the current step. */
  stop(): boolean;
}

export const checkpointIn = (out: string): string => join(out, 'session.overparam');

/**
 * Trains with every method from every seed.
 *
 * @returns undefined when it was stopped: then the checkpoint says where to continue
 * @throws OverparamError `UNWRITABLE` for a checkpoint that cannot be written; the last one stays
 */
export async function runSession({
  plan,
  task,
  dataPath,
  out,
  from,
  saveEvery,
  stop,
  ...observer
}: SessionOptions): Promise<Results | undefined> {
  const experiment = experimentNamed(plan.experiment);
  const path = checkpointIn(out);
  let finished: readonly RunResult[] = from?.finished ?? [];
  const save = async (current: SessionCheckpoint['current']): Promise<void> => {
    await writeCheckpoint(path, { plan, dataPath: dataPath ?? null, finished, current });
    await observer.saved?.();
  };

  await makeFolder(out);
  // Fail fast if the folder is not writable.
  if (!from) await save(null);

  const identities = runsOf(plan);
  for (const run of identities.slice(finished.length)) {
    observer.started?.(run);
    const snapshot = run.index === from?.finished.length ? from.current : null;
    let saved = performance.now();
    const record = await trainRun(
      {
        method: parseMethod(run.method),
        seed: run.seed,
        model: plan.model,
        batch: plan.batch,
        epochs: plan.epochs,
        longestStep: experiment.longestStep,
      },
      task,
      {
        from: snapshot ?? undefined,
        async onProgress(progress) {
          observer.progressed?.(run, progress);
          // Signals and timers are served between two steps.
          await new Promise((resolve) => setImmediate(resolve));
          const stopping = stop();
          const due = !progress.last || performance.now() - saved > 1000 * saveEvery;
          if (stopping || due) {
            await save(await progress.snapshot());
            saved = performance.now();
          }
          return !stopping;
        },
      },
    );
    if (!record) return undefined;
    const result = toResult(run, record, plan, task);
    finished = [...finished, result];
    observer.finished?.(run, result);
    await save(null);
  }
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    title: experiment.title,
    source: experiment.source,
    finished: new Date().toISOString(),
    environment: { ...environment(), tfjs: tf.version['tfjs-core'] },
    plan,
    samples: {
      train: task.train.count,
      test: task.test.count,
      features: task.features,
      classes: task.classes,
    },
    runs: finished,
  };
}

/** Seed by seed, so that a session that was stopped has something of every method. */
export function runsOf({ methods, seeds }: Plan): RunIdentity[] {
  const runs = seeds.flatMap((seed) => methods.map((method) => ({ method, seed })));
  return runs.map(({ method, seed }, index) => ({
    index,
    count: runs.length,
    method,
    label: labelOf(parseMethod(method)),
    seed,
  }));
}

function toResult({ method, label, seed }: RunIdentity, record: RunRecord, plan: Plan, task: Task): RunResult {
  const numbers = record.parameters.map(({ data }) => data as Float32Array);
  return {
    method,
    label,
    seed,
    stopped: record.stopped,
    stepsPerEpoch: Math.ceil(task.train.count / plan.batch),
    epochs: record.epochs,
    trace: record.trace,
    parameters: { count: countParameters(plan.model, task.features, outputsOf(task)), sha256: sha256(...numbers) },
  };
}
