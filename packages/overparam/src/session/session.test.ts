import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyTask } from '../../test/tiny-task.ts';
import { methods } from '../methods/registry.ts';
import { resultsSchema, type Plan, type Results } from '../results/results.ts';
import * as v from 'valibot';
import { random } from '../training/random.ts';
import type { Task } from '../training/task.ts';
import { startBackend } from './backend.ts';
import { readCheckpoint } from './checkpoint.ts';
import { forgetCheckpoints } from './continuation.ts';
import { checkpointIn, runSession, runsOf, type SessionObserver } from './session.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true }));

const task = tinyTask();
const plan = (methods: readonly string[], more: Partial<Plan> = {}): Plan => ({
  experiment: 'fashion-mnist',
  model: 'mlp-9',
  batch: 16,
  epochs: 3,
  methods,
  seeds: [0, 1],
  backend: 'wasm',
  data: task.sha256,
  ...more,
});

interface Running extends SessionObserver {
  readonly saveEvery?: number;
  /** After how many steps and measurings. */
  readonly stopAfter?: number;
  readonly task?: Task;
}

async function run(
  plan: Plan,
  { saveEvery = 1e9, stopAfter = Infinity, ...options }: Running = {},
): Promise<Results | undefined> {
  await startBackend(plan.backend);
  const from = await readCheckpoint(checkpointIn(out));
  let asked = 0;
  const stop = (): boolean => ++asked >= stopAfter;
  return runSession({ plan, task, dataPath: undefined, out, from, saveEvery, stop, ...options });
}

/** All that is to be the same when a session is run again. */
const timeless = (results: Results | undefined): unknown =>
  JSON.parse(JSON.stringify(results, (key, value: unknown) => (['seconds', 'finished'].includes(key) ? 0 : value)));

describe('runSession', () => {
  it('gives results of the schema, the same again, and leaves no tensor behind', async () => {
    const methods = ['ponos', 'adam:lr=0.01', 'sgd:lr=0.5'];
    const first = await run(plan(methods));
    await forgetCheckpoints(out);
    const { numTensors } = tf.memory();
    const second = await run(plan(methods));
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(timeless(second)).toEqual(timeless(first));
    expect(v.parse(resultsSchema, JSON.parse(JSON.stringify(first)))).toEqual(first);
    expect(first!.runs.map(({ label, seed }) => `${label} ${seed}`)).toEqual([
      'PoNoS 0',
      'Adam, lr 0.01 0',
      'SGD, lr 0.5 0',
      'PoNoS 1',
      'Adam, lr 0.01 1',
      'SGD, lr 0.5 1', // prettier-ignore
    ]);
    expect(first!.runs[0]!.epochs.map(({ epoch, step }) => [epoch, step])).toEqual([[0, 0], [1, 4], [2, 8], [3, 12]]); // prettier-ignore
    // A seed decides on the parameters at the start for all methods.
    const starts = first!.runs.map(({ epochs }) => epochs[0]!.trainLoss);
    expect(new Set(starts).size).toBe(2);
  });

  it('trains with every method that there is', async () => {
    const names = Object.keys(methods).map((name) => (['adam', 'sgd'].includes(name) ? `${name}:lr=0.01` : name));
    const { runs } = (await run(plan(names, { seeds: [0], epochs: 1 })))!;
    expect(runs.map(({ method }) => method)).toEqual(names);
    for (const { method, epochs } of runs) {
      expect(epochs.length, method).toBe(2);
      expect(epochs[1]!.trainLoss, method).not.toBe(epochs[0]!.trainLoss);
    }
  });

  it('learns', async () => {
    const { runs } = (await run(plan(['ponos'], { seeds: [0], epochs: 15 })))!;
    expect(runs[0]!.epochs.at(-1)!.trainLoss).toBeLessThan(0.3 * runs[0]!.epochs[0]!.trainLoss!);
    const { step, evaluations, backtracks } = runs[0]!.epochs.at(-1)!;
    expect(evaluations).toBe(step + backtracks);
  });

  it('stops a run that has converged, and one that diverged', async () => {
    const separable = plan(['ponos', 'sgd:lr=1e30'], { seeds: [0], epochs: 400 });
    const { runs } = (await run(separable, { task: tinyTask({ separation: 10 }) }))!;
    expect(runs.map(({ stopped }) => stopped)).toEqual(['converged', 'diverged']);
    expect(runs[0]!.epochs.at(-1)!.trainLoss).toBeLessThan(1e-6);
    expect(runs[0]!.epochs.at(-2)!.trainLoss).toBeGreaterThan(1e-6);
    expect(runs[1]!.epochs.at(-1)!.trainLoss).toBeNull();
  });

  // A run of 3 epochs has 16 events: 4 measurings and 3 x 4 steps. 18 is in the second run.
  it.each([
    ['ponos', 'wasm'],
    ['ponos:rho=0.3:direction=adam', 'wasm'],
    ['ponos:direction=momentum', 'cpu'],
    ['sls', 'wasm'],
    ['sps', 'wasm'],
    ['zhang-every2', 'wasm'],
    ['cross-batch-grippo', 'wasm'],
    ['single-batch-grippo', 'wasm'],
    ['ponos-prec', 'wasm'],
    ['adam:lr=0.01', 'wasm'],
    ['adam:lr=0.01', 'cpu'],
    ['sgd:lr=0.1', 'wasm'],
  ] as const)(
    '%s on %s, interrupted within an epoch, between epochs and in the second run, and resumed, equals the uninterrupted session to the bit',
    async (method, backend) => {
      const one = plan([method], { backend });
      const whole = timeless(await run(one));
      await forgetCheckpoints(out);
      for (const stopAfter of [2, 6, 18]) {
        expect(await run(one, { stopAfter })).toBeUndefined();
        expect(timeless(await run(one)), `stopped after ${stopAfter}`).toEqual(whole);
        await forgetCheckpoints(out);
      }
    },
  );

  it.each(Object.keys(methods))(
    '%s, stopped at random again and again, equals the uninterrupted session to the bit',
    async (name) => {
      const one = plan([['adam', 'sgd'].includes(name) ? `${name}:lr=0.01` : name], { seeds: [0, 1], epochs: 2 });
      const whole = timeless(await run(one));
      await forgetCheckpoints(out);
      const uniform = random(7);
      let sessions = 0;
      let results: Results | undefined;
      while (!results) {
        results = await run(one, { stopAfter: 1 + Math.floor(6 * uniform()) });
        sessions++;
      }
      expect(sessions).toBeGreaterThan(2);
      expect(timeless(results)).toEqual(whole);
    },
  );

  it('resumes a run that has come to NaN', async () => {
    const diverging = plan(['sgd:lr=1e30'], { seeds: [0] });
    const whole = timeless(await run(diverging));
    await forgetCheckpoints(out);
    // After three steps, within an epoch.
    expect(await run(diverging, { stopAfter: 4 })).toBeUndefined();
    expect(timeless(await run(diverging))).toEqual(whole);
  });

  it('interrupted at every single event it still arrives at the same numbers', async () => {
    const two = plan(['ponos', 'adam:lr=0.01'], { seeds: [4] });
    const whole = timeless(await run(two));
    await forgetCheckpoints(out);
    let results: Results | undefined;
    let sessions = 0;
    while (!results) {
      results = await run(two, { stopAfter: 1 });
      sessions++;
    }
    expect(sessions).toBeGreaterThan(30);
    expect(timeless(results)).toEqual(whole);
  });

  it('saves after each epoch, and in time, so that a killed process loses little', async () => {
    const one = plan(['ponos'], { seeds: [0] });
    const steps: (number | undefined)[] = [];
    const watch = (saveEvery: number) =>
      run(one, {
        saveEvery,
        progressed(_, { position, last }) {
          if (position.step === 6 && last) throw new Error('killed');
        },
      });
    for (const saveEvery of [1e9, 0]) {
      await expect(watch(saveEvery)).rejects.toThrow('killed');
      steps.push((await readCheckpoint(checkpointIn(out)))?.current?.position.step);
      await forgetCheckpoints(out);
    }
    expect(steps).toEqual([4, 5]);
  });

  it('says at once that a folder cannot be written to', async () => {
    await writeFile(join(out, 'file'), '');
    const nowhere = { plan: plan(['sgd:lr=0.1']), task, dataPath: undefined, saveEvery: 1, stop: () => false };
    let started = false;
    const started_ = { started: () => void (started = true) };
    await expect(runSession({ ...nowhere, ...started_, out: join(out, 'file', 'folder') })).rejects.toMatchObject({
      code: 'UNWRITABLE',
    });
    await mkdir(join(out, 'session.overparam.tmp'));
    await expect(runSession({ ...nowhere, ...started_, out })).rejects.toMatchObject({ code: 'UNWRITABLE' });
    expect(started).toBe(false);
  });

  it('stops with the last good checkpoint when writing fails on the way', async () => {
    const one = plan(['ponos'], { seeds: [0] });
    const failing = run(one, {
      async progressed(_, { position, last }) {
        if (!last && position.epochs.length === 2) void mkdir(join(out, 'session.overparam.tmp'));
      },
    });
    await expect(failing).rejects.toMatchObject({ code: 'UNWRITABLE' });
    expect(existsSync(checkpointIn(out))).toBe(true);
    await rm(join(out, 'session.overparam.tmp'), { recursive: true });
    const resumed = timeless(await run(one));
    await forgetCheckpoints(out);
    expect(resumed).toEqual(timeless(await run(one)));
  });
});

describe('runsOf', () => {
  it('goes through all methods with one seed, then with the next', () => {
    const runs = runsOf(plan(['ponos', 'sgd'], { seeds: [3, 5] }));
    expect(runs.map(({ index, count, method, seed }) => [index, count, method, seed])).toEqual([
      [0, 4, 'ponos', 3],
      [1, 4, 'sgd', 3],
      [2, 4, 'ponos', 5],
      [3, 4, 'sgd', 5],
    ]);
  });

  it('reads a checkpoint that is as large as it says', async () => {
    await run(plan(['adam:lr=0.01'], { seeds: [0] }), { stopAfter: 4 });
    const size = (await readFile(checkpointIn(out))).length;
    // Parameters and two moments of 6 x 9 + 9 + 9 x 3 + 3 numbers.
    expect(size).toBeGreaterThan(3 * 4 * 93);
  });
});
