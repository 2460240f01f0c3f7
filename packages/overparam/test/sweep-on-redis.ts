import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/command/main.ts';
import { parseResults } from '../src/results/results.ts';
import { hashOf } from '../src/sweep/configuration.ts';
import type { FinishedRun } from '../src/sweep/finished-run.ts';
import { connect } from '../src/sweep/redis/connect.ts';
import { namesOf } from '../src/sweep/redis/names.ts';
import { version } from '../src/version.ts';
import { bin, built } from './built.ts';
import { hasRedis, redisServer, type RedisServer } from './redis-server.ts';
import { sink } from './sink.ts';

// `npm run check:sweep` is the same with more and longer runs.
const full = (import.meta as unknown as { env: { MODE: string } }).env.MODE === 'full';
const SIZES = full
  ? { methods: ['ponos', 'adam:lr=0.001', 'sgd:lr=0.1'], model: ['mlp-8', 'mlp-16'], seeds: [0, 1, 2, 3], workers: 3 }
  : { methods: ['ponos', 'adam:lr=0.001'], model: ['mlp-4'], seeds: [0, 1], workers: 2 };
const FIXED = full ? { epochs: '4', batch: '500' } : { epochs: '3', batch: '2000' };

let out: string;
let server: RedisServer;
let redis: Redis;
let workers: Worker[];
interface Worker {
  readonly process: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

function worker(): Worker {
  const argv = [bin, 'worker', '--queue', 'test', '--takeover', '2', '--save-every', '0', '--data', out];
  const env = { ...process.env, OVERPARAM_REDIS: server.url };
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const started = { process: child, said: () => said, ended };
  workers.push(started);
  return started;
}

/** Resolves when it is so. */
async function when<T>(question: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    await after(20);
  }
}

const timeless = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'seconds' ? 0 : inner)));

const names = namesOf('test');

/** What nobody should send, each with the code under which it is counted. */
async function badJobs(): Promise<Record<string, number>> {
  const queue = new Queue(names.jobs, { connection: redis, prefix: names.prefix });
  const options = { methods: 'ponos', epochs: '1' };
  const good = { overparam: version, experiment: 'fashion-mnist', options };
  const add = (data: object, jobId = hashOf({ ...good, ...data })): Promise<unknown> =>
    queue.add('run', data, { jobId });
  const withOptions = (more: Record<string, string>): object => ({ ...good, options: { ...options, ...more } });

  await add({}, 'malformed');
  await redis.hset(`${names.prefix}:${names.jobs}:malformed`, 'data', '{"overparam": "0.');
  await add({ code: 'process.exit(1)' }, 'nonsense');
  await add(withOptions({ model: 'x'.repeat(2000) }));
  await add(good, 'not the hash of it');
  await add({ ...good, experiment: '../../evil.js' });
  await add(withOptions({ out: '/tmp/evil' }));
  await add(withOptions({ methods: 'ponos:rho=process.exit(1)' }));
  await add(withOptions({ data: '/etc' }));
  await add(withOptions({ data: '../../../etc/passwd' }));
  await add(withOptions({ model: 'x'.repeat(20_000) }));
  await add({ ...good, overparam: '0.0.1' });
  await queue.close();
  return { MALFORMED: 1, BAD_CONFIGURATION: 4, UNKNOWN_EXPERIMENT: 1, BAD_OPTION: 1, DATA_OUTSIDE: 2, TOO_LONG: 1, OTHER_VERSION: 1 }; // prettier-ignore
}

describe.skipIf(!hasRedis)('a sweep on Redis', () => {
  beforeAll(built, 300_000);
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'overparam-'));
    server = await redisServer();
    redis = new Redis(server.url);
    // While it restarts.
    redis.on('error', () => undefined);
    workers = [];
  });
  afterEach(async () => {
    workers.forEach(({ process }) => process.kill('SIGKILL'));
    redis.disconnect();
    await server.stop();
    await rm(out, { recursive: true });
  });

  it('survives a killed worker and a restart of Redis, and every run is the one done alone', async () => {
    const { methods, model, seeds } = SIZES;
    const count = methods.length * model.length * seeds.length;
    const file = join(out, 'sweep.json');
    await writeFile(
      file,
      JSON.stringify({ experiment: 'fashion-mnist', options: { methods, model, seed: seeds, ...FIXED } }),
    );
    const bad = await badJobs();
    const terminal = { stdout: sink(), stderr: sink() };
    const sweep = main(
      ['sweep', file, '--redis', server.url, '--queue', 'test', '--out', join(out, 'swept')],
      terminal,
    );
    for (let i = 0; i < SIZES.workers; i++) worker();

    const [unlucky] = workers as [Worker, ...Worker[]];
    await when(() => /begins /.test(unlucky.said()));
    await when(async () => (await redis.keys(names.checkpoint('*'))).length === SIZES.workers);
    unlucky.process.kill('SIGKILL');
    await unlucky.ended;
    await when(async () => (await redis.hlen(names.results)) > count / 3);
    await server.restart();

    expect(await sweep, terminal.stderr.text).toBe(0);
    const files = await readdir(join(out, 'swept/runs'));
    expect(files.length).toBe(count);
    expect(await redis.hlen(names.results)).toBe(count);
    expect(await redis.keys(names.checkpoint('*'))).toEqual([]);
    expect(workers.map(({ said }) => said()).join('')).toContain('resumes');

    const refused = Object.fromEntries(
      Object.entries(await redis.hgetall(names.refused)).map(([code, n]) => [code, Number(n)]),
    );
    expect(refused).toEqual(bad);

    for (const name of model) {
      const alone = join(out, name);
      const options = Object.entries(FIXED).flatMap(([name, value]) => [`--${name}`, value]);
      const argv = [
        'run',
        'fashion-mnist',
        '--model',
        name,
        '-m',
        methods.join(','),
        '-s',
        seeds.join(','),
        ...options,
      ];
      expect(await main([...argv, '-o', alone], { stdout: sink(), stderr: sink() })).toBe(0);
      const { runs } = parseResults(await readFile(join(alone, 'results.json'), 'utf8'));
      for (const run of runs) {
        const configuration = {
          overparam: version,
          experiment: 'fashion-mnist',
          options: { methods: run.method, model: name, ...FIXED, seed: String(run.seed) },
        };
        const swept = await readFile(join(out, 'swept/runs', `${hashOf(configuration)}.json`), 'utf8');
        const { results } = JSON.parse(swept) as FinishedRun;
        expect(timeless('runs' in results && results.runs)).toEqual(timeless([run]));
      }
    }

    const others = workers.slice(1);
    others.forEach(({ process }) => process.kill('SIGINT'));
    expect(await Promise.all(others.map(({ ended }) => ended))).toEqual(others.map(() => 0));
  }, 600_000);

  it('starts a run again whose checkpoint cannot be used, and counts that', async () => {
    const configuration = {
      overparam: version,
      experiment: 'fashion-mnist',
      options: { methods: 'ponos', model: 'linear', ...FIXED, seed: '0' },
    };
    const hash = hashOf(configuration);
    await redis.set(names.checkpoint(hash), 'not a checkpoint');
    const file = join(out, 'sweep.json');
    const { experiment, options } = configuration;
    await writeFile(file, JSON.stringify({ experiment, options }));
    const terminal = { stdout: sink(), stderr: sink() };
    const sweep = main(['sweep', file, '--redis', server.url, '--queue', 'test', '-o', join(out, 'swept')], terminal);
    const { said } = worker();
    expect(await sweep, terminal.stderr.text).toBe(0);
    expect(said()).toContain('starts again');
    expect(await redis.hgetall(names.refused)).toEqual({ BAD_CHECKPOINT: '1' });
    expect(await redis.keys(names.checkpoint('*'))).toEqual([]);
  }, 120_000);

  it('says what to install where there is no client of Redis', async () => {
    const missing = Object.assign(new Error('no ioredis'), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(connect(server.url, () => Promise.reject(missing))).rejects.toMatchObject({
      code: 'REDIS_CLIENT_MISSING',
      message: expect.stringContaining('npm install bullmq ioredis'),
    });
  });

  it('does not say the password when it cannot connect', async () => {
    for (const [url, code] of [
      [server.url.replace('a secret', 'wrong secret'), 'REDIS_UNREACHABLE'],
      ['redis://:hidden@127.0.0.1:1', 'REDIS_UNREACHABLE'],
      ['http://:hidden@127.0.0.1', 'BAD_OPTION'],
      ['hidden', 'BAD_OPTION'],
    ] as const) {
      const terminal = { stdout: sink(), stderr: sink() };
      expect(await main(['worker', '--redis', url], terminal)).toBe(1);
      expect(terminal.stderr.text).toContain(`error ${code}: `);
      expect(terminal.stderr.text).not.toMatch(/secret|hidden/);
    }
  });
});
