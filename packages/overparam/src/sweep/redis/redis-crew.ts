import { setTimeout as after } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import * as v from 'valibot';
import type { Crew, Failure } from '../crew.ts';
import { parseFinishedRun, type FinishedRun } from '../finished-run.ts';
import type { WorkProgress } from '../work.ts';
import { LIMITS, namesOf } from './names.ts';
import { printable } from './printable.ts';

const EVERY = 500;
/** Jobs that Redis has lost are added again after this number of rounds. */
const AGAIN = 20;

/** Workers on any machines, which take jobs from a queue in Redis. */
export function redisCrew(redis: Redis, queue: string): Crew {
  const names = namesOf(queue);
  return async (runs, observer, signal) => {
    const { Queue } = await import('bullmq');
    const jobs = new Queue(names.jobs, { connection: redis, prefix: names.prefix });
    jobs.on('error', () => undefined);
    const pending = new Map(runs);
    /** Jobs that are there already stay as they are. */
    const add = (): Promise<unknown> =>
      jobs.addBulk(
        [...pending].map(([hash, configuration]) => ({
          name: 'run',
          data: configuration,
          opts: { jobId: hash, removeOnComplete: true, removeOnFail: true },
        })),
      );
    const refusedBefore = await counts(redis, names.refused);
    try {
      // What has failed before is tried again.
      await redis.hdel(names.failures, ...pending.keys());
      for (let round = 0; pending.size > 0 && !signal.aborted; round++) {
        for (const [hash, json] of await finished(redis, names, [...pending.keys()])) {
          const run = read(json, hash);
          if (run) {
            await observer.finished(hash, run);
            pending.delete(hash);
          } else {
            // Refused: the run is done again.
            await redis.multi().hdel(names.results, hash).hincrby(names.refused, 'RUN_DAMAGED', 1).exec();
          }
        }
        const ids = [...pending.keys()];
        if (ids.length === 0) break;
        const [failures, progress] = await Promise.all([
          redis.hmget(names.failures, ...ids),
          redis.hmget(names.progress, ...ids),
        ]);
        ids.forEach((hash, i) => {
          const failure = message(failureSchema, failures[i]);
          const now = message(progressSchema, progress[i]);
          if (failure) {
            pending.delete(hash);
            observer.failed(hash, failure);
          } else if (now) observer.progressed(hash, now);
        });
        const refused = await counts(redis, names.refused);
        const since = Object.entries(refused).map(([code, n]) => [code, n - (refusedBefore[code] ?? 0)] as const);
        observer.refused?.(Object.fromEntries(since.filter(([, n]) => n > 0)));
        if (round % AGAIN === 0) await add();
        await after(EVERY, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      await jobs.close();
    }
  };
}

/** The results that have come, each no longer than is allowed. */
async function finished(
  redis: Redis,
  { results, refused }: ReturnType<typeof namesOf>,
  hashes: readonly string[],
): Promise<[hash: string, json: string][]> {
  const lengths = redis.pipeline();
  hashes.forEach((hash) => lengths.hstrlen(results, hash));
  const answers = (await lengths.exec()) ?? [];
  const there = hashes
    .map((hash, i) => ({ hash, length: Number(answers[i]?.[1] ?? 0) }))
    .filter(({ length }) => length);
  const found: [string, string][] = [];
  for (const { hash, length } of there) {
    if (length > LIMITS.result) await redis.multi().hdel(results, hash).hincrby(refused, 'TOO_LONG', 1).exec();
    else {
      const json = await redis.hget(results, hash);
      if (json !== null) found.push([hash, json]);
    }
  }
  return found;
}

function read(json: string, hash: string): FinishedRun | undefined {
  try {
    return parseFinishedRun(json, hash);
  } catch {
    return undefined;
  }
}

const counts = async (redis: Redis, key: string): Promise<Record<string, number>> =>
  Object.fromEntries(Object.entries(await redis.hgetall(key)).map(([code, n]) => [printable(code), Number(n) || 0]));

const text = v.pipe(v.string(), v.transform(printable));
const failureSchema: v.GenericSchema<unknown, Failure> = v.strictObject({ code: text, message: text });
const progressSchema: v.GenericSchema<unknown, WorkProgress> = v.strictObject({
  done: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  text,
});

function message<T>(schema: v.GenericSchema<unknown, T>, json: string | null | undefined): T | undefined {
  if (!json || json.length > LIMITS.job) return undefined;
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), json);
  return success ? (output as T) : undefined;
}
