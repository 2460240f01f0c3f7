import { readFile, rm } from 'node:fs/promises';
import { OverparamError } from '@overparam/core';
import type { Job, JobJson } from 'bullmq';
import type { Redis } from 'ioredis';
import { writeAtomically } from '../../session/atomic-write.ts';
import { makeFolder } from '../../session/make-folder.ts';
import { describe, hashOf, parseConfiguration, type Configuration } from '../configuration.ts';
import { finishedRun } from '../finished-run.ts';
import { prepare, type Prepared } from '../prepare.ts';
import { seldom } from '../seldom.ts';
import { failureOf } from '../work-for-parent.ts';
import { checkpointOf, work, type WorkProgress } from '../work.ts';
import { KEPT_SECONDS, LIMITS, namesOf } from './names.ts';
import { printable } from './printable.ts';

interface RedisWorker {
  readonly redis: Redis;
  readonly queue: string;
  /** Where data are that jobs name; without it such jobs are refused. */
  readonly data: string | undefined;
  /** The folder of a run's checkpoint on this machine. */
  folderOf(hash: string): string;
  readonly saveEvery: number;
  /** Seconds without a sign of life, after which another worker takes over. */
  readonly takeover: number;
  readonly signal: AbortSignal;
  /** What there is to say: a run begins, has finished, is refused. */
  say(line: string): void;
}

/** A run is given up after this number of workers has died. */
const DEATHS = 5;

/** Takes jobs from a queue in Redis, one at a time, until the signal; a run that it interrupts is saved and given back. */
export async function workForQueue(options: RedisWorker): Promise<void> {
  const { redis, queue, takeover, signal, say } = options;
  const names = namesOf(queue);
  // Only workers on Redis load it.
  const { Worker, UnrecoverableError, WaitingError } = await import('bullmq');

  /** Jobs are read with care: what is too long or no JSON becomes a job that is refused; nothing but data is kept. */
  class CarefulWorker extends Worker<unknown, void> {
    protected override createJob(json: JobJson, id: string): Job<unknown, void> {
      const given: unknown = json.data;
      const fault = typeof given !== 'string' ? 'MALFORMED' : given.length > LIMITS.job ? 'TOO_LONG' : malformed(given);
      const data = fault === undefined ? given : JSON.stringify({ [FAULT]: fault });
      const kept = { stalledCounter: json.stalledCounter, attemptsMade: json.attemptsMade };
      const failing = json.deferredFailure === undefined ? {} : { deferredFailure: json.deferredFailure };
      const opts = { removeOnComplete: true, removeOnFail: true };
      return super.createJob({ ...empty, ...kept, ...failing, id, name: 'run', data, opts } as unknown as JobJson, id);
    }
  }

  const refuse = async (id: string, error: OverparamError): Promise<never> => {
    await redis.hincrby(names.refused, error.code, 1);
    if (HASH.test(id)) await fail(id, error);
    say(`refused a job: ${error.code}: ${printable(error.message)}`);
    throw new UnrecoverableError(error.code);
  };
  const fail = (hash: string, error: unknown): Promise<unknown> =>
    redis
      .multi()
      .hsetnx(names.failures, hash, JSON.stringify(failureOf(error)))
      .expire(names.failures, KEPT_SECONDS)
      .exec();

  const process = async (job: Job<unknown, void>, token?: string): Promise<void> => {
    const hash = job.id!;
    let configuration: Configuration;
    let prepared: Prepared;
    try {
      configuration = configurationOf(job.data, hash);
      prepared = await prepare(configuration, options.data);
    } catch (error) {
      if (error instanceof OverparamError) return refuse(hash, error);
      throw error;
    }
    if (await redis.hexists(names.results, hash)) return;
    try {
      const done = await run(options, prepared, configuration, hash);
      if (done) return say(`done    ${describe(configuration)}`);
    } catch (error) {
      await fail(hash, error);
      const { code, message } = failureOf(error);
      say(`failed  ${describe(configuration)}: ${code}: ${message}`);
      throw new UnrecoverableError(code);
    }
    await job.moveToWait(token);
    say(`saved   ${describe(configuration)}`);
    throw new WaitingError();
  };

  const worker = new CarefulWorker(names.jobs, process, {
    connection: redis,
    prefix: names.prefix,
    lockDuration: 1000 * takeover,
    stalledInterval: 500 * takeover,
    maxStalledCount: DEATHS - 1,
    autorun: false,
  });
  worker.on('error', () => undefined);
  // A run that was given up never came to say why.
  worker.on('failed', (job, error) => {
    if (job?.deferredFailure)
      void fail(job.id!, new OverparamError('WORKER_DIED', `${DEATHS} workers that had it died: ${error.message}`));
  });
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  const running = worker.run();
  await stopped;
  await worker.close();
  await running;
}

const HASH = /^[0-9a-f]{32}$/;
const FAULT = 'fault';
const empty = { progress: 0, timestamp: 0, delay: 0, priority: 0, attemptsStarted: 0, stacktrace: [] };

/** The whole of a run, or the rest of it. False where it was interrupted. */
async function run(
  { redis, queue, folderOf, saveEvery, signal, say }: RedisWorker,
  prepared: Prepared,
  configuration: Configuration,
  hash: string,
): Promise<boolean> {
  const names = namesOf(queue);
  const folder = folderOf(hash);
  const file = checkpointOf(prepared, folder);
  await makeFolder(folder);
  const length = await redis.strlen(names.checkpoint(hash));
  const checkpoint = length > 0 && length <= LIMITS.checkpoint ? await redis.getBuffer(names.checkpoint(hash)) : null;
  if (checkpoint) await writeAtomically(file, checkpoint);
  say(`${checkpoint ? 'resumes' : 'begins '} ${describe(configuration)}`);
  const progressed = seldom(1000, (progress: WorkProgress) => {
    void redis.hset(names.progress, hash, JSON.stringify(progress)).catch(() => undefined);
  });
  const results = await work(prepared, {
    folder,
    saveEvery,
    stop: () => signal.aborted,
    progressed,
    async saved() {
      const bytes = await readFile(file);
      if (bytes.length <= LIMITS.checkpoint) await redis.set(names.checkpoint(hash), bytes, 'EX', KEPT_SECONDS);
    },
    async discarded({ message }) {
      await redis.multi().del(names.checkpoint(hash)).hincrby(names.refused, 'BAD_CHECKPOINT', 1).exec();
      say(`starts again ${describe(configuration)}: its checkpoint cannot be used: ${printable(message)}`);
    },
  });
  if (!results) return false;
  const json = JSON.stringify(finishedRun(configuration, results));
  if (Buffer.byteLength(json) > LIMITS.result)
    throw new OverparamError('TOO_LONG', `The results have ${json.length} characters, and ${LIMITS.result} are the limit.`); // prettier-ignore
  await redis
    .multi()
    // Once: whoever comes second came to the same.
    .hsetnx(names.results, hash, json)
    .expire(names.results, KEPT_SECONDS)
    .hdel(names.progress, hash)
    .del(names.checkpoint(hash))
    .exec();
  await rm(folder, { recursive: true, force: true });
  return true;
}

/** @throws OverparamError `MALFORMED`, `TOO_LONG`, `BAD_CONFIGURATION`, ... */
function configurationOf(data: unknown, id: string): Configuration {
  const fault = (data as Record<string, unknown> | null)?.[FAULT];
  if (fault === 'TOO_LONG') throw new OverparamError('TOO_LONG', `A job has at most ${LIMITS.job} characters.`);
  if (fault === 'MALFORMED') throw new OverparamError('MALFORMED', 'The job is not JSON.');
  const configuration = parseConfiguration(data);
  if (hashOf(configuration) !== id)
    throw new OverparamError('BAD_CONFIGURATION', 'The name of the job is not the hash of its configuration.');
  return configuration;
}

function malformed(json: string): 'MALFORMED' | undefined {
  try {
    JSON.parse(json);
    return undefined;
  } catch {
    return 'MALFORMED';
  }
}
