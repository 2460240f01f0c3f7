import { OverparamError, badOption } from '@overparam/core';
import type { Redis } from 'ioredis';

/**
 * A connection to Redis. Once it stands, it comes back by itself whenever it breaks, and commands wait for it.
 * @param url `redis://user:password@host:port/database`, or `rediss:` for TLS
 * @throws OverparamError `BAD_OPTION`, `REDIS_UNREACHABLE`; no message shows the password
 */
export async function connect(url: string): Promise<Redis> {
  const shown = withoutPassword(url);
  // Only sweeps on Redis load it.
  const { Redis } = await import('ioredis');
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
      `There is no answer from ${shown}: ${(problem ?? (cause as Error)).message}. Does it run there, and are name, password and TLS (rediss:) right?`,
      { cause },
    );
  }
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
