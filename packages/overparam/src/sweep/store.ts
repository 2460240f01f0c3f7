import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../session/atomic-write.ts';
import { makeFolder } from '../session/make-folder.ts';
import { parseFinishedRun, type FinishedRun } from './finished-run.ts';

/** The runs of a sweep, each in a file that has its hash for a name. */
export const runsIn = (out: string): string => join(out, 'runs');

/** Where a run is saved while it is done. */
export const workFolder = (out: string, hash: string): string => join(out, 'work', hash);

const pathOf = (out: string, hash: string): string => join(runsIn(out), `${hash}.json`);

/** Stores a run, unless it is there. */
export async function storeRun(out: string, hash: string, run: FinishedRun): Promise<void> {
  await makeFolder(runsIn(out));
  const there = await stat(pathOf(out, hash)).then(
    () => true,
    () => false,
  );
  if (!there) await writeAtomically(pathOf(out, hash), `${JSON.stringify(run)}\n`);
  await rm(workFolder(out, hash), { recursive: true, force: true });
}

/** The run, if it is stored and whole. What is damaged is removed, to be done again. */
export async function storedRun(out: string, hash: string): Promise<FinishedRun | undefined> {
  let json: string;
  try {
    json = await readFile(pathOf(out, hash), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return parseFinishedRun(json, hash);
  } catch {
    await rm(pathOf(out, hash));
    return undefined;
  }
}
