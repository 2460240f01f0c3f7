import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { dense, readLibsvm, type SparseRows } from '@overparam/datasets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { files } from '@overparam/fashion-mnist';
import { settingsOf } from '../command/run-options.ts';
import { experimentNamed } from './index.ts';
import { gaussianKernel, takeRows } from './gaussian-kernel.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'overparam-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('gaussianKernel', () => {
  const rows = (text: string): Promise<SparseRows> => readLibsvm(new TextEncoder().encode(text), { features: 5 });

  it('is exp(-|a - b|^2 / (2 s^2))', async () => {
    const a = await rows('1 1:1 3:-2\n1 2:0.5\n1\n');
    const b = await rows('1 3:1 5:2\n1 1:1 3:-2\n');
    const [x, y] = [dense(a).data, dense(b).data];
    const expected = Array.from({ length: 6 }, (_, k) => {
      const [i, j] = [Math.floor(k / 2), k % 2];
      let squared = 0;
      for (let c = 0; c < 5; c++) squared += (x[5 * i + c]! - y[5 * j + c]!) ** 2;
      return Math.fround(Math.exp(-squared / (2 * 1.7 ** 2)));
    });
    const kernel = gaussianKernel(a, b, 1.7);
    kernel.forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 7));
    expect(kernel[1]).toBe(1);
  });

  it('takes rows in any order, and twice', async () => {
    const all = await rows('1 1:1\n2 2:2 3:3\n3\n');
    const taken = takeRows(all, Uint32Array.of(1, 2, 1, 0));
    expect([...taken.labels]).toEqual([2, 3, 2, 1]);
    expect([...dense(taken).data]).toEqual([0, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 1, 0, 0, 0, 0]);
  });
});

describe('fashion-mnist', () => {
  it('has inputs from -1 to 1', async () => {
    const { train, test, features, classes } = await experimentNamed('fashion-mnist').load(undefined);
    expect([train.count, test.count, features, classes]).toEqual([10_000, 2_000, 784, 10]);
    for (const { inputs } of [train, test]) {
      expect(inputs.reduce((least, x) => Math.min(least, x), 9)).toBe(-1);
      expect(inputs.reduce((most, x) => Math.max(most, x), -9)).toBe(1);
    }
  });

  it('refuses files that are not the official ones, and files that are not images', async () => {
    for (const [name, url] of Object.entries(files)) await copyFile(url, join(folder, `${name}.gz`));
    const load = () => experimentNamed('fashion-mnist').load(folder);
    await expect(load()).rejects.toMatchObject({
      code: 'DATA_FOREIGN',
      message: expect.stringContaining('train-images-idx3-ubyte'),
    });
    await rm(join(folder, 't10k-labels-idx1-ubyte.gz'));
    await writeFile(join(folder, 'train-labels-idx1-ubyte.gz'), 'nothing of the kind');
    await expect(load()).rejects.toMatchObject({ code: 'DATA_WRONG_FORMAT' });
    await rm(join(folder, 'train-labels-idx1-ubyte.gz'));
    await expect(load()).rejects.toMatchObject({ code: 'DATA_MISSING' });
  });

  const official = '/usr/share/datasets/fashion-mnist';
  it.skipIf(!existsSync(official))('reads the official files (where Debian has put them), gzip or plain', async () => {
    const [labels, ...others] = ['t10k-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 'train-labels-idx1-ubyte', 'train-images-idx3-ubyte']; // prettier-ignore
    await writeFile(join(folder, labels!), gunzipSync(await readFile(join(official, `${labels}.gz`))));
    for (const name of others) await symlink(join(official, `${name}.gz`), join(folder, `${name}.gz`));
    const { train, test } = await experimentNamed('fashion-mnist').load(folder);
    expect([train.count, test.count]).toEqual([60_000, 10_000]);
  });
});

describe('sequences', () => {
  it('are bytes of the text, and the byte after each', async () => {
    const { train, test, features, classes } = await experimentNamed('sequences').load(undefined);
    expect([train.count, test.count, features]).toEqual([10_000, 2_000, 32]);
    // At a distance of ten bytes, or eleven, a sequence holds what followed the one before.
    const [first, second] = [0, 1].map((i) => [...train.inputs.subarray(i * features, (i + 1) * features)]);
    const shift = [9, 10].find((by) => second!.slice(0, -by).every((token, i) => token === first![i + by]))!;
    expect(second![features - shift]).toBe(train.labels[0]);
    for (const { inputs, labels } of [train, test])
      for (const all of [inputs, labels]) expect(all.every((token) => token >= 0 && token < classes)).toBe(true);
  });

  it('take recurrent models, and the other experiments take none', () => {
    const [text, images] = [experimentNamed('sequences'), experimentNamed('fashion-mnist')];
    expect(settingsOf(text, { model: 'lstm-8', methods: 'ponos' }).model).toBe('lstm-8');
    for (const [experiment, model] of [
      [text, 'mlp'],
      [text, 'lstm-0'],
      [images, 'lstm'],
    ] as const)
      // prettier-ignore
      expect(() => settingsOf(experiment, { model })).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});

describe('mushrooms', () => {
  it('refuses a file of another kind', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '3 1:1\n');
    await expect(experimentNamed('mushrooms').load(file)).rejects.toMatchObject({ code: 'DATA_WRONG_LABEL' });
    await writeFile(file, '1 1:1\n');
    await expect(experimentNamed('mushrooms').load(file)).rejects.toMatchObject({ code: 'DATA_TRUNCATED' });
  });

  const libsvm = fileURLToPath(new URL('../../../../../shared/data/libsvm', import.meta.url));
  it.skipIf(!existsSync(libsvm))('has a feature for each training sample (when the file is there)', async () => {
    const { train, test, features, classes } = await experimentNamed('mushrooms').load(libsvm);
    expect([train.count, test.count, features, classes]).toEqual([6499, 1625, 6499, 2]);
    for (const i of [0, 17, 6498]) expect(train.inputs[i * features + i]).toBe(1);
    expect(train.inputs[3 * features + 8]).toBe(train.inputs[8 * features + 3]);
    const edible =
      train.labels.reduce((sum, label) => sum + label, 0) + test.labels.reduce((sum, label) => sum + label, 0);
    expect([3916, 4208]).toContain(edible);
  });
});
