import { join, resolve } from 'node:path';
import { OverparamError } from '@overparam/core';
import { tmpdir } from 'node:os';
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
export async function workerCommand(options: WorkerOptions, { stderr }: Terminal): Promise<number> {
  if (options.parent && process.connected) {
    await workForParent();
    return 0;
  }
  if (options.redis === undefined)
    throw new OverparamError('BAD_OPTION', 'Where do jobs come from? Say --redis URL, or set OVERPARAM_REDIS.');
  const takeover = wholeNumber('--takeover', options.takeover, 1);
  const saveEvery = wholeNumber('--save-every', options.saveEvery, 0);
  const redis = await connect(options.redis);
  const stop = new AbortController();
  const interrupt = onInterrupt(stderr, () => stop.abort());
  // Workers of one machine have a folder each.
  const folder = options.work ?? join(tmpdir(), `overparam-${process.pid}`);
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
    return 0;
  } finally {
    interrupt.release();
    redis.disconnect();
  }
}
