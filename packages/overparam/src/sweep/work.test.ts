import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { version } from '../version.ts';
import type { Configuration } from './configuration.ts';
import { prepare, type Prepared } from './prepare.ts';
import { checkpointOf, work } from './work.ts';

let out: string;
beforeEach(async () => void (out = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(out, { recursive: true, force: true }));

const kinds: readonly (readonly [string, Configuration['options']])[] = [
  ['fashion-mnist', { methods: 'adam', model: 'linear', batch: '5000', epochs: '2', seed: '0' }],
  ['hidden-learning', { methods: 'gd', width: '8', samples: '6', 'test-samples': '5', steps: '9', 'gd-lambda': '1' }],
];

const timeless = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (/^(seconds|finished)$/.test(key) ? 0 : inner)));

/** The rest of a file, with the checksum that it should have. */
const summed = (head: string, body: string): string =>
  `${head} ${createHash('sha256').update(body, 'latin1').digest('hex')}\n${body}`;

/** What a bad checkpoint can be, from a good one. */
const faults: Readonly<Record<string, (good: string) => string>> = {
  'is not one': () => 'nothing',
  'is empty': () => '',
  'is cut off': (good) => good.slice(0, -7),
  'is of a newer format': (good) => good.replace(' 1 ', ' 9 '),
  'has a right checksum and no content': (good) => summed(good.split(' ').slice(0, 2).join(' '), '{}'),
  'has a right checksum and fails when it is restored': (good) => {
    const [head, ...body] = good.split('\n');
    const wrong = body.join('\n').replace(/"(parameters|shape)":\[/, '"$1":[99,');
    return summed(head!.split(' ').slice(0, 2).join(' '), wrong);
  },
  'is that of another run': (good) => {
    const [head, ...body] = good.split('\n');
    return summed(head!.split(' ').slice(0, 2).join(' '), body.join('\n').replace('"seeds":[', '"seeds":[7,'));
  },
};

describe.each(kinds)('a run of %s', (experiment, options) => {
  it.each(Object.entries(faults))('whose checkpoint %s starts again, and says so once', async (_, damage) => {
    const prepared: Prepared = await prepare({ overparam: version, experiment, options }, undefined);
    const common = { saveEvery: 0, progressed: () => undefined };
    const whole = await work(prepared, { ...common, folder: join(out, 'whole'), stop: () => false });
    const folder = join(out, 'broken');
    await mkdir(folder);
    let moments = 0;
    expect(await work(prepared, { ...common, folder, stop: () => ++moments === 3 })).toBeUndefined();
    const path = checkpointOf(prepared, folder);
    await writeFile(path, damage(await readFile(path, 'latin1')), 'latin1');
    const discarded: string[] = [];
    const again = await work(prepared, {
      ...common,
      folder,
      stop: () => false,
      discarded: async ({ message }) => void discarded.push(message),
    });
    expect(discarded.length).toBe(1);
    expect(timeless(again)).toEqual(timeless(whole));
  });
});
