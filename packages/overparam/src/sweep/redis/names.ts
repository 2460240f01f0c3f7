import { badOption } from '@overparam/core';
import { version } from '../../version.ts';

/** How a queue calls what it keeps in Redis. */
export interface QueueNames {
  /** BullMQ's queue, and the prefix of its keys. */
  readonly jobs: string;
  readonly prefix: string;
  /** Hashes by the hash of a run: the JSON of finished runs, of failures, and of how far runs are. */
  readonly results: string;
  readonly failures: string;
  readonly progress: string;
  /** A hash by code: how many jobs and results have been refused. */
  readonly refused: string;
  /** The checkpoint of a run. */
  checkpoint(hash: string): string;
}

/** Workers of another version have queues of their own: they might compute otherwise. */
export function namesOf(queue: string): QueueNames {
  if (!/^[\w.-]{1,64}$/.test(queue)) throw badOption('--queue', queue, 'letters, digits, dots, dashes; 64 at most');
  const own = `overparam:${queue}`;
  return {
    jobs: `${queue}-${version}`,
    prefix: 'overparam',
    results: `${own}:results`,
    failures: `${own}:failures`,
    progress: `${own}:progress`,
    refused: `${own}:refused`,
    checkpoint: (hash) => `${own}:checkpoint:${hash}`,
  };
}

/** The longest messages, in bytes: what is longer is refused, a checkpoint is not sent. */
export const LIMITS: { readonly job: number; readonly result: number; readonly checkpoint: number } = {
  job: 16 * 1024,
  result: 16 * 1024 ** 2,
  checkpoint: 64 * 1024 ** 2,
};

/** Results and checkpoints that nobody asks for are forgotten after 30 days. */
export const KEPT_SECONDS: number = 30 * 24 * 3600;
