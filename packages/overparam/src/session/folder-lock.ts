import { readFileSync } from 'node:fs';
import { readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import { writeAtomically } from './atomic-write.ts';
import { makeFolder, unwritable } from './make-folder.ts';

/**
 * Claims an output folder for this process, and makes it where it does not exist.
 *
 * A file in the folder names the process. A lock is stale when its process no longer runs on this machine; the time of the
 * last change does not matter, because a training step may block a process for minutes.
 * @returns releases the claim; a folder that was made and is still empty is removed
 * @throws OverparamError `FOLDER_IN_USE`, which names the other process; `UNWRITABLE`
 */
export async function claimFolder(out: string): Promise<() => Promise<void>> {
  const folder = resolve(out);
  const path = lockIn(folder);
  const first = await makeFolder(folder);
  await acquire(path, JSON.stringify(owner()), (other) => inUse(out, other));
  return async () => {
    await rm(path, { force: true });
    if (first === undefined) return;
    for (let empty = folder; ; empty = dirname(empty)) {
      const removed = await rmdir(empty).then(
        () => true,
        () => false,
      );
      if (!removed || empty === first) return;
    }
  };
}

export const lockIn = (out: string): string => join(out, 'overparam.lock');

const schema = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  host: v.string(),
  born: v.nullable(v.string()),
  started: v.string(),
});
type Owner = v.InferOutput<typeof schema>;

const owner = (): Owner => ({
  pid: process.pid,
  host: hostname(),
  born: bornOf(process.pid),
  started: new Date().toISOString(),
});

/** When a process was started, which differs between processes that had the same number; null where the system does not say. */
function bornOf(pid: number): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The name of the program, in parentheses, may hold blanks.
    return `${boot} ${status.slice(status.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return null;
  }
}

function isRunning({ host, pid, born }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = bornOf(pid);
  return born === null || now === null || now === born;
}

/** True when the lock is ours now, false when another one is there. */
async function written(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(dirname(path), cause);
  }
}

/**
 * Writes a lock, or replaces a stale one. Only the process that holds the lock of the stale lock may replace it, and it looks
 * again first; so two processes never replace the same one, and the file is never absent in between.
 */
async function acquire(path: string, mine: string, refusal: (other: Owner | undefined) => Error): Promise<void> {
  while (!(await written(path, mine))) {
    const there = await readFile(path, 'utf8').catch(absent);
    if (there === undefined) continue;
    const other = parsed(there);
    if (other ? isRunning(other) : await isRecent(path)) throw refusal(other);
    const guard = `${path}.stale`;
    await acquire(guard, mine, refusal);
    try {
      if ((await readFile(path, 'utf8').catch(absent)) === there) return await writeAtomically(path, mine);
    } finally {
      await rm(guard, { force: true });
    }
  }
}

/** A lock that cannot be read is probably being written. */
const isRecent = async (path: string): Promise<boolean> => {
  const status = await stat(path).catch(absent);
  return status !== undefined && Date.now() - status.mtimeMs < 10_000;
};

function parsed(text: string): Owner | undefined {
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return success ? output : undefined;
}

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined;
  throw error;
};

function inUse(out: string, other: Owner | undefined): Error {
  const elsewhere = other && other.host !== hostname();
  const who = other ? `process ${other.pid}${elsewhere ? ` on ${other.host}` : ''} since ${other.started}` : 'another process'; // prettier-ignore
  const stale = elsewhere ? ` If that process has ended, delete ${lockIn(out)}.` : '';
  return new OverparamError(
    'FOLDER_IN_USE',
    `${out} is in use by ${who}: wait for it, stop it, or choose another folder with --out.${stale}`,
  );
}
