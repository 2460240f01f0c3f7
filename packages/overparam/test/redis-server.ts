import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const binary = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'redis-server'))
  .find(existsSync);

export const hasRedis: boolean = binary !== undefined;
if (!hasRedis) console.warn('There is no redis-server: the tests of sweeps on Redis are skipped.');

export interface RedisServer {
  readonly url: string;
  /** Ends it, and starts it again with what it has written into its append-only file. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A Redis of its own, on a free port of the loopback interface, with a password. */
export async function redisServer(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-redis-'));
  const port = await freePort();
  let running = await start(folder, port);
  const end = async (): Promise<void> => {
    const closed = new Promise((resolve) => running.once('close', resolve));
    running.kill('SIGTERM');
    await closed;
  };
  return {
    url: `redis://:${PASSWORD}@127.0.0.1:${port}`,
    async restart() {
      await end();
      running = await start(folder, port);
    },
    async stop() {
      await end();
      await rm(folder, { recursive: true });
    },
  };
}

const PASSWORD = 'a secret';

function start(folder: string, port: number): Promise<ChildProcess> {
  const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', requirepass: PASSWORD, save: '' };
  const server = spawn(binary!, Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])); // prettier-ignore
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ready to accept connections')) resolve(server);
    });
    server.once('close', () => reject(new Error(`redis-server has ended: ${said}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
