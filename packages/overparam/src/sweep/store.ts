import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OverparamError } from '@overparam/core';
import { writeAtomically } from '../session/atomic-write.ts';
import { forgetCheckpoints, isUnfinished } from '../session/continuation.ts';
import { lockIn } from '../session/folder-lock.ts';
import { makeFolder } from '../session/make-folder.ts';
import { isFinished, removeOutput } from '../session/output.ts';
import { parseFinishedRun, RUN_FORMAT, type FinishedRun } from './finished-run.ts';

/** The runs of a sweep, each in a file that has its hash for a name. */
export const runsIn = (out: string): string => join(out, 'runs');

const workIn = (out: string): string => join(out, 'work');

/** Where a run is saved while it is done. */
export const workFolder = (out: string, hash: string): string => join(workIn(out), hash);

const pathOf = (out: string, hash: string): string => join(runsIn(out), `${hash}.json`);

/** Stores a run, unless it is there. */
export async function storeRun(out: string, hash: string, run: FinishedRun): Promise<void> {
  await makeFolder(runsIn(out));
  const there = await storedRun(out, hash, () => undefined);
  if (!there) await writeAtomically(pathOf(out, hash), `${JSON.stringify(run)}\n`);
  await removeWork(out, [hash]);
}

/**
 * The run; undefined where it is not stored, or damaged and to be done again.
 * @param damaged called with the reason
 * @throws OverparamError `RUN_NEWER`
 */
export async function storedRun(
  out: string,
  hash: string,
  damaged: (why: string) => void,
): Promise<FinishedRun | undefined> {
  const json = await readFile(pathOf(out, hash), 'utf8').catch(absent);
  if (json === undefined) return undefined;
  try {
    return parseFinishedRun(json, hash);
  } catch (error) {
    if (!(error instanceof OverparamError) || error.code !== 'RUN_DAMAGED') throw error;
    damaged(error.message);
    return undefined;
  }
}

/** Removes what is saved of runs under way. */
export async function removeWork(out: string, hashes: Iterable<string>): Promise<void> {
  for (const hash of hashes) {
    const folder = workFolder(out, hash);
    await forgetCheckpoints(folder);
    await rm(lockIn(folder), { force: true });
    await removeEmpty(folder);
  }
  await removeEmpty(workIn(out));
}

/**
 * Removes what sweeps have written into a folder, and nothing else.
 * @throws OverparamError `FOLDER_FOREIGN` for a folder that holds something, and no sweep
 */
export async function removeSweep(out: string): Promise<void> {
  const names = (await readdir(out).catch(absent)) ?? [];
  const finished = await isFinished(out, 'sweep');
  const runs: string[] = [];
  for (const hash of await hashesIn(runsIn(out), '.json')) if (await isRun(pathOf(out, hash))) runs.push(hash);
  const begun = (await hashesIn(workIn(out), '')).filter((hash) => isUnfinished(workFolder(out, hash)));
  const others = names.filter((name) => join(out, name) !== lockIn(out));
  if (!finished && runs.length === 0 && begun.length === 0 && others.length > 0)
    throw new OverparamError(
      'FOLDER_FOREIGN',
      `${out} holds ${others[0]}, and no sweep that --overwrite could replace: choose another folder with --out.`,
    );
  await removeOutput(out, 'sweep');
  for (const hash of runs) await rm(pathOf(out, hash));
  await removeEmpty(runsIn(out));
  await removeWork(out, begun);
}

async function hashesIn(folder: string, ending: string): Promise<string[]> {
  const names = (await readdir(folder).catch(absent)) ?? [];
  return names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, name.length - ending.length)).filter((name) => /^[0-9a-f]{32}$/.test(name)); // prettier-ignore
}

async function isRun(path: string): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(path, 'utf8')) as { format?: unknown } | null)?.format === RUN_FORMAT;
  } catch {
    return false;
  }
}

/** A folder that holds something stays. */
const removeEmpty = (folder: string): Promise<void> => rmdir(folder).catch(() => undefined);

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
};
