import { readFileSync } from 'node:fs';
import { readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
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
  const mine = JSON.stringify(owner());
  const first = await makeFolder(folder);
  while (!(await written(path, mine))) {
    const there = await readFile(path, 'utf8').catch(absent);
    if (there === undefined) continue;
    const other = parsed(there);
    if (other ? isRunning(other) : await isRecent(path)) throw inUse(out, other);
    await setAside(path, there);
  }
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

/** Removes a stale lock, unless another process has replaced it by its own in the meantime. */
async function setAside(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw unwritable(dirname(path), error);
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== stale) await writeFile(path, moved, { flag: 'wx' }).catch(() => undefined);
  await rm(aside, { force: true });
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
