import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyTracing } from '../training/trace.ts';
import { readCheckpoint, writeCheckpoint, type SessionCheckpoint } from './checkpoint.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overparam-'));
  path = join(folder, 'session');
});
afterEach(() => rm(folder, { recursive: true }));

const plan: SessionCheckpoint['plan'] = {
  experiment: 'fashion-mnist',
  model: 'mlp-4',
  batch: 8,
  epochs: 2,
  methods: ['ponos', 'adam:lr=0.01'],
  seeds: [0, 3],
  backend: 'wasm',
  data: 'a'.repeat(64),
};

const session = (numbers: Float32Array): SessionCheckpoint => ({
  plan,
  dataPath: null,
  finished: [],
  current: {
    position: {
      step: 1,
      seconds: 0.25,
      backtracks: 3,
      evaluations: 4,
      epochs: [],
      tracing: { ...emptyTracing, open: [{ loss: NaN, stepSize: 0.1, backtracks: 3, evaluations: 4 }] },
    },
    parameters: [{ name: 'parameter 0', shape: [numbers.length], data: numbers }],
    trainer: [
      { name: 'iter', shape: [], data: Int32Array.of(7) },
      { name: 'header', shape: [1], data: ['{"lk":1.5}'] },
      { name: 'm', shape: [2, 1], data: Float32Array.of(1, -0) },
    ],
  },
});

describe('a checkpoint', () => {
  it('is read back as it was written, to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.float32Array({ maxLength: 20 }), async (numbers) => {
        await writeCheckpoint(path, session(numbers));
        expect(await readCheckpoint(path)).toEqual(session(numbers));
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it('that does not exist is undefined', async () => {
    expect(await readCheckpoint(path)).toBeUndefined();
  });

  it('cut off at any byte or with any byte changed is refused', async () => {
    await writeCheckpoint(path, session(Float32Array.of(1, 2, 3)));
    const whole = await readFile(path);
    for (let i = 0; i < whole.length; i += i < 120 ? 1 : 7) {
      await writeFile(path, whole.subarray(0, i));
      await expect(readCheckpoint(path), `${i} bytes`).rejects.toMatchObject({ code: 'CHECKPOINT_DAMAGED' });
      const changed = Buffer.from(whole);
      changed[i]! ^= 0x15;
      await writeFile(path, changed);
      await expect(readCheckpoint(path), `byte ${i}`).rejects.toMatchObject({
        code: expect.stringMatching(/^CHECKPOINT_(DAMAGED|NEWER)$/),
      });
    }
  });

  it('of a later version, or with a right checksum and a wrong content, is refused', async () => {
    await writeCheckpoint(path, session(Float32Array.of(1)));
    const text = (await readFile(path)).toString('latin1');
    await writeFile(path, text.replace('OVERPARAM-SESSION 1', 'OVERPARAM-SESSION 2'), 'latin1');
    await expect(readCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_NEWER' });
    const body = text.slice(text.indexOf('\n') + 1);
    for (const wrong of [
      body.replace('"batch":8', '"batch":"'),
      body.replace('"step":1', '"stop":1'),
      body.slice(0, -4),
      '',
      '\u0001\0\0\0x',
    ]) {
      const sum = createHash('sha256').update(wrong, 'latin1').digest('hex');
      await writeFile(path, `OVERPARAM-SESSION 1 ${sum}\n${wrong}`, 'latin1');
      await expect(readCheckpoint(path), wrong.slice(0, 40)).rejects.toMatchObject({ code: 'CHECKPOINT_DAMAGED' });
    }
  });

  it('that cannot be written leaves the last one, and no temporary file', async () => {
    await writeCheckpoint(path, session(Float32Array.of(1)));
    // A folder where the temporary file belongs.
    await mkdir(`${path}.tmp`);
    await expect(writeCheckpoint(path, session(Float32Array.of(2)))).rejects.toMatchObject({ code: 'UNWRITABLE' });
    expect(await readCheckpoint(path)).toEqual(session(Float32Array.of(1)));
    await expect(writeCheckpoint(join(folder, 'not', 'there'), session(Float32Array.of(2)))).rejects.toMatchObject({
      code: 'UNWRITABLE',
    });
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk leaves the last one (where there is /dev/full)', async () => {
    await writeCheckpoint(path, session(Float32Array.of(1)));
    await symlink('/dev/full', `${path}.tmp`);
    await expect(writeCheckpoint(path, session(Float32Array.of(2)))).rejects.toMatchObject({
      code: 'UNWRITABLE',
      message: expect.stringContaining('ENOSPC'),
    });
    expect(await readCheckpoint(path)).toEqual(session(Float32Array.of(1)));
    expect(await readdir(folder)).toEqual(['session']);
  });
});
