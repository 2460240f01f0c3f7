import { badOption } from '@overparam/core';
import { labelOf } from '../methods/registry.ts';
import { parseMethod } from '../methods/method-spec.ts';
import type { Plan, Results } from '../results/results.ts';
import { significant } from '../results/format.ts';
import { readCheckpoint } from '../session/checkpoint.ts';
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
  /** The folder of the run's checkpoint. What is there is gone on with. */
  readonly folder: string;
  readonly saveEvery: number;
  stop(): boolean;
  progressed(progress: WorkProgress): void;
  /** The checkpoint, {@link checkpointOf}, has been written. */
  saved?(): Promise<void>;
}

/** The file in which a run of this kind is saved. */
export const checkpointOf = ({ kind }: Prepared, folder: string): string =>
  kind === 'experiment' ? checkpointIn(folder) : studyCheckpointIn(folder);

/**
 * Does a run, or the rest of it.
 * @returns undefined where it was stopped; then it is saved
 */
export async function work(prepared: Prepared, working: Working): Promise<Results | StudyResults | undefined> {
  if (prepared.kind === 'study') return study(prepared, working);
  const { experiment, settings, backend, data } = prepared;
  const task = await taskOf(prepared);
  if (settings.batch > task.train.count)
    throw badOption('--batch', settings.batch, `at most the ${task.train.count} samples`);
  const plan: Plan = { ...settings, backend, data: task.sha256 };
  // What cannot be read, or is of another plan, is not gone on with.
  const left = await readCheckpoint(checkpointIn(working.folder)).catch(() => undefined);
  const from = left && JSON.stringify(left.plan) === JSON.stringify(plan) ? left : undefined;
  const label = `${experiment.name} ${labelOf(parseMethod(plan.methods[0]!))} seed ${plan.seeds[0]!}`;
  return runSession({
    plan,
    task,
    dataPath: data,
    out: working.folder,
    from,
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
): Promise<StudyResults | undefined> {
  const plain = JSON.stringify(settings);
  const left = await readStudyCheckpoint(folder).catch(() => undefined);
  const from = left?.study === study.name && JSON.stringify(left.settings) === plain ? left : undefined;
  let [index, count, label] = [0, 1, study.name];
  const outcomes = await runStudy({
    study,
    settings,
    out: folder,
    from,
    ...working,
    started: (piece, at, pieces) => ([index, count, label] = [at, pieces, piece.label]),
    progressed: ({ done, text }) => progressed({ done: (index + done) / count, text: `${label}  ${text}` }),
  });
  return outcomes && studyResults(study, settings, outcomes);
}

let last: { readonly name: string; readonly data: string | undefined; readonly task: Promise<Task> } | undefined;

/** The data of the run before serve the next as well. */
function taskOf({ experiment, data }: Extract<Prepared, { kind: 'experiment' }>): Promise<Task> {
  if (last?.name !== experiment.name || last.data !== data) {
    const task = experiment.load(data);
    last = { name: experiment.name, data, task };
    task.catch(() => (last = undefined));
  }
  return last.task;
}
