import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { OverparamError } from '@overparam/core';
import { claimFolder } from '../session/folder-lock.ts';
import { connect } from '../sweep/redis/connect.ts';
import { workForQueue } from '../sweep/redis/redis-worker.ts';
import { workForParent } from '../sweep/work-for-parent.ts';
import { onInterrupt } from './interrupt.ts';
import { wholeNumber } from './run-options.ts';
import type { Terminal } from './terminal.ts';

/** The options of `overparam worker`, as text. */
export interface WorkerOptions {
  readonly redis?: string;
  /** The jobs come from the process that started this one. */
  readonly parent?: boolean;
  readonly queue: string;
  readonly data?: string;
  readonly work?: string;
  readonly takeover: string;
  readonly saveEvery: string;
}

/** `overparam worker`: takes the runs of sweeps. Returns the exit code. */
export async function workerCommand(options: WorkerOptions, terminal: Terminal): Promise<number> {
  const { stderr, parent } = terminal;
  if (options.parent && parent) return workForParent(parent);
  if (options.redis === undefined)
    throw new OverparamError('BAD_OPTION', 'No job source: pass --redis URL, or set OVERPARAM_REDIS.');
  const takeover = wholeNumber('--takeover', options.takeover, 1, 86_400);
  const saveEvery = wholeNumber('--save-every', options.saveEvery, 0);
  const folder = options.work ?? (await mkdtemp(join(tmpdir(), 'overparam-')));
  const release = await claimFolder(folder);
  const stop = new AbortController();
  const interrupt = onInterrupt(terminal, () => stop.abort());
  try {
    const redis = await connect(options.redis);
    stderr.write(`Waits for jobs of the queue ${options.queue}.\n`);
    try {
      await workForQueue({
        redis,
        queue: options.queue,
        data: options.data === undefined ? undefined : resolve(options.data),
        folderOf: (hash) => join(folder, hash),
        saveEvery,
        takeover,
        signal: stop.signal,
        say: (line) => stderr.write(`${line}\n`),
      });
    } finally {
      redis.disconnect();
    }
    return 0;
  } finally {
    interrupt.release();
    await release();
    // Its checkpoints are in Redis, and no other worker looks there.
    if (options.work === undefined) await rm(folder, { recursive: true, force: true });
  }
}
