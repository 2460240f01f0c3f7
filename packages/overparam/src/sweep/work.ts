import { OverparamError } from '@overparam/core';
import { checkBatch } from '../command/run-options.ts';
import { labelOf } from '../methods/registry.ts';
import { parseMethod } from '../methods/method-spec.ts';
import type { Plan, Results } from '../results/results.ts';
import { significant } from '../results/format.ts';
import { readCheckpoint } from '../session/checkpoint.ts';
import { forgetCheckpoints } from '../session/continuation.ts';
import { checkpointIn, runSession } from '../session/session.ts';
import { studyResults, type StudyResults } from '../studies/results.ts';
import { readStudyCheckpoint, runStudy, studyCheckpointIn } from '../studies/session.ts';
import type { Task } from '../training/task.ts';
import type { Prepared } from './prepare.ts';

/** How far a run is. */
export interface WorkProgress {
  /** From 0 to 1. */
  readonly done: number;
  readonly text: string;
}

interface Working {
  /** The folder of the run's checkpoint, from which the run continues. */
  readonly folder: string;
  readonly saveEvery: number;
  stop(): boolean;
  progressed(progress: WorkProgress): void;
  /** The checkpoint, {@link checkpointOf}, has been written. */
  saved?(): Promise<void>;
  /** The checkpoint cannot be used: the run starts again without it. */
  discarded?(why: Error): Promise<void>;
}

/** The file in which a run of this kind is saved. */
export const checkpointOf = ({ kind }: Prepared, folder: string): string =>
  kind === 'experiment' ? checkpointIn(folder) : studyCheckpointIn(folder);

/**
 * Does a run, or the rest of it.
 *
 * A checkpoint that is damaged, or makes the run fail, is discarded, and the run starts again: a fault of the run itself
 * shows without a checkpoint too.
 * @returns undefined where it was stopped; then it is saved
 */
export async function work(prepared: Prepared, working: Working): Promise<Results | StudyResults | undefined> {
  let resumed = false;
  const read = async <C>(reading: Promise<C | undefined>): Promise<C | undefined> => {
    const checkpoint = await reading;
    resumed = checkpoint !== undefined;
    return checkpoint;
  };
  const done = prepared.kind === 'study' ? study : training;
  try {
    return await done(prepared as never, working, read);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'UNWRITABLE' || !(resumed || code?.startsWith('CHECKPOINT_'))) throw error;
    await forgetCheckpoints(working.folder);
    await working.discarded?.(error as Error);
    return done(prepared as never, working, read);
  }
}

type Read = <C>(reading: Promise<C | undefined>) => Promise<C | undefined>;

async function training(
  prepared: Extract<Prepared, { kind: 'experiment' }>,
  working: Working,
  read: Read,
): Promise<Results | undefined> {
  const { experiment, settings, backend, data } = prepared;
  const task = await taskOf(prepared);
  checkBatch(settings, task);
  const plan: Plan = { ...settings, backend, data: task.sha256 };
  const left = await read(readCheckpoint(checkpointIn(working.folder)));
  if (left && JSON.stringify(left.plan) !== JSON.stringify(plan)) throw foreign(working.folder);
  const label = `${experiment.name} ${labelOf(parseMethod(plan.methods[0]!))} seed ${plan.seeds[0]!}`;
  return runSession({
    plan,
    task,
    dataPath: data,
    out: working.folder,
    from: left,
    saveEvery: working.saveEvery,
    stop: working.stop,
    ...(working.saved && { saved: working.saved }),
    progressed(_, { position, stepsPerEpoch, last }) {
      const loss = last ? `loss ${significant(last.loss)}` : '';
      const epoch = Math.ceil(position.step / stepsPerEpoch);
      working.progressed({
        done: position.step / (plan.epochs * stepsPerEpoch),
        text: `${label}  epoch ${epoch}/${plan.epochs}  ${loss}`.trimEnd(),
      });
    },
  });
}

async function study(
  { study, settings }: Extract<Prepared, { kind: 'study' }>,
  { folder, progressed, ...working }: Working,
  read: Read,
): Promise<StudyResults | undefined> {
  const left = await read(readStudyCheckpoint(folder));
  if (left && (left.study !== study.name || JSON.stringify(left.settings) !== JSON.stringify(settings)))
    throw foreign(folder);
  let [index, count, label] = [0, 1, study.name];
  const outcomes = await runStudy({
    study,
    settings,
    out: folder,
    from: left,
    ...working,
    started: (piece, at, pieces) => ([index, count, label] = [at, pieces, piece.label]),
    progressed: ({ done, text }) => progressed({ done: (index + done) / count, text: `${label}  ${text}` }),
  });
  return outcomes && studyResults(study, settings, outcomes);
}

const foreign = (folder: string): Error =>
  new OverparamError('CHECKPOINT_FOREIGN', `The checkpoint in ${folder} is that of another run.`);

let last: { readonly name: string; readonly data: string | undefined; readonly task: Promise<Task> } | undefined;

/** Consecutive runs share their data. */
function taskOf({ experiment, data }: Extract<Prepared, { kind: 'experiment' }>): Promise<Task> {
  if (last?.name !== experiment.name || last.data !== data) {
    const task = experiment.load(data);
    last = { name: experiment.name, data, task };
    task.catch(() => (last = undefined));
  }
  return last.task;
}
