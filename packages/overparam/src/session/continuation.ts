import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { OverparamError } from '@overparam/core';
import { studyCheckpointIn } from '../studies/session.ts';
import { isFinished, refuseToLose } from './output.ts';
import { checkpointIn } from './session.ts';

interface Asked {
  readonly resume?: boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

/**
 * The checkpoint to continue from; undefined to start.
 * @param read the checkpoint of the folder, where there is one
 * @param begun whether work is lost with it
 * @throws OverparamError `UNFINISHED_SESSION` and `RESULTS_EXIST` where work would be lost, `NOTHING_TO_RESUME`,
 *   `FOLDER_FOREIGN`, and `CHECKPOINT_DAMAGED`, `CHECKPOINT_NEWER` unless it is to be overwritten
 */
export async function continuation<Checkpoint>(
  out: string,
  { resume, overwrite }: Asked,
  read: () => Promise<Checkpoint | undefined>,
  begun: (checkpoint: Checkpoint) => boolean,
): Promise<Checkpoint | undefined> {
  if (resume && overwrite) throw new OverparamError('BAD_OPTION', '--resume and --overwrite exclude each other.');
  if (overwrite) {
    await isFinished(out, 'run');
    return undefined;
  }
  const saved = await read();
  if (resume) {
    const finished = await isFinished(out, 'run');
    if (saved) return saved;
    throw new OverparamError(
      'NOTHING_TO_RESUME',
      finished
        ? `The session in ${out} is finished: its results are in its results.json.`
        : `There is no unfinished session in ${out}: start one without --resume, or name its folder with --out.`,
    );
  }
  if (saved ? begun(saved) : isUnfinished(out))
    throw new OverparamError(
      'UNFINISHED_SESSION',
      `${out} holds an unfinished session: --resume continues it, --overwrite starts again, --out names another folder.`,
    );
  await refuseToLose(out, 'run', overwrite);
  return undefined;
}

export const isUnfinished = (out: string): boolean => checkpointsIn(out).some((path) => existsSync(path));

const checkpointsIn = (out: string): readonly string[] => [checkpointIn(out), studyCheckpointIn(out)];

/** Called when the results are safe. */
export async function forgetCheckpoints(out: string): Promise<void> {
  for (const path of checkpointsIn(out)) await rm(path, { force: true });
}
