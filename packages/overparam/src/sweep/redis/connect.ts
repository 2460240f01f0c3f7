import { OverparamError, badOption } from '@overparam/core';
import type { Redis, RedisOptions } from 'ioredis';

/**
 * A connection to Redis, which is restored whenever it breaks, while commands wait for it.
 * @param url `redis://user:password@host:port/database`, or `rediss:` for TLS
 * @throws OverparamError `BAD_OPTION`, `REDIS_CLIENT_MISSING`, `REDIS_UNREACHABLE`; no message shows the password
 */
export async function connect(url: string, load: () => Promise<Client> = client): Promise<Redis> {
  const shown = withoutPassword(url);
  const { Redis } = await load().catch(missing);
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    connectTimeout: 10_000,
    retryStrategy: (times) => Math.min(100 * 2 ** times, 5000),
  });
  let problem: Error | undefined;
  redis.on('error', (error: Error) => (problem = error));
  try {
    await Promise.race([redis.connect().then(() => redis.ping()), failing(redis)]);
    return redis;
  } catch (cause) {
    redis.disconnect();
    throw new OverparamError(
      'REDIS_UNREACHABLE',
      `There is no answer from ${shown}: ${(problem ?? (cause as Error)).message}. Check that it runs there, and the name, password and TLS (rediss:).`,
      { cause },
    );
  }
}

interface Client {
  readonly Redis: new (url: string, options: RedisOptions) => Redis;
}

/** Only sweeps on Redis load these packages, which are installed separately. */
async function client(): Promise<Client> {
  await import('bullmq');
  return import('ioredis');
}

function missing(cause: NodeJS.ErrnoException): never {
  if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause;
  throw new OverparamError(
    'REDIS_CLIENT_MISSING',
    'Sweeps on Redis need two packages that overparam does not install by itself: npm install bullmq ioredis. With npx: npx -p overparam -p bullmq -p ioredis overparam ...',
    { cause },
  );
}

const failing = (redis: Redis): Promise<never> => new Promise((_, reject) => redis.once('error', reject));

function withoutPassword(text: string): string {
  const wanted = 'redis://user:password@host:port, or rediss: for TLS';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badOption('--redis', 'what was given', wanted);
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    throw badOption('--redis', `an address with ${url.protocol}`, wanted);
  url.password = '';
  url.username = '';
  url.search = '';
  return url.href;
}
