import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCifar } from './index.ts';

type Image = (row: number, column: number, channel: number) => number;

/** Channel by channel, as the official files are. */
function writeCifar(records: readonly { readonly labels: readonly number[]; readonly image: Image }[]): Uint8Array {
  const bytes: number[] = [];
  for (const { labels, image } of records) {
    bytes.push(...labels);
    for (let channel = 0; channel < 3; channel++)
      for (let row = 0; row < 32; row++)
        for (let column = 0; column < 32; column++) bytes.push(image(row, column, channel) & 255);
  }
  return Uint8Array.from(bytes);
}

const record = (...labels: number[]) => ({
  labels,
  image: (r: number, c: number, k: number) => r * 7 + c * 3 + k * 101,
});

describe('readCifar', () => {
  it('reads back what was written, channels last', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(9), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (list, gzip) => {
          const image =
            (seed: number): Image =>
            (r, c, k) =>
              seed + 5 * r + 11 * c + 77 * k;
          const bytes = writeCifar(list.map(([label, seed]) => ({ labels: [label], image: image(seed) })));
          const { images, labels } = await readCifar(gzip ? gzipSync(bytes) : bytes);
          expect(images.shape).toEqual([list.length, 32, 32, 3]);
          expect([...labels.data]).toEqual(list.map(([label]) => label));
          list.forEach(([, seed], i) => {
            for (const [r, c, k] of [
              [0, 0, 0],
              [31, 31, 2],
              [3, 17, 1],
            ] as const)
              // prettier-ignore
              expect(images.data[((i * 32 + r) * 32 + c) * 3 + k]).toBe(image(seed)(r, c, k) & 255);
          });
        },
      ),
      { seed: 2, numRuns: 15 },
    );
  });

  it('takes the fine label of CIFAR-100', async () => {
    const { labels } = await readCifar(writeCifar([record(19, 99), record(0, 31)]), { classes: 100 });
    expect([...labels.data]).toEqual([99, 31]);
  });

  it('refuses a file cut off within a record, an empty one, and a label that is no class, with the byte', async () => {
    const bytes = writeCifar([record(1), record(9)]);
    for (const length of [1, 2, 3072, 3074, 4000, 6145])
      await expect(readCifar(bytes.subarray(0, length))).rejects.toMatchObject({
        code: 'DATA_TRUNCATED',
        message: expect.stringContaining(`byte ${length}:`),
      });
    await expect(readCifar(new Uint8Array(0))).rejects.toMatchObject({ code: 'DATA_TRUNCATED' });
    await expect(readCifar(writeCifar([record(1), record(10)]))).rejects.toMatchObject({
      code: 'DATA_WRONG_LABEL',
      message: expect.stringContaining('byte 3073:'),
    });
    await expect(readCifar(writeCifar([record(3, 100)]), { classes: 100 })).rejects.toMatchObject({
      code: 'DATA_WRONG_LABEL',
      message: expect.stringContaining('byte 1:'),
    });
    await expect(readCifar(bytes, { classes: 20 as 10 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('does not take a CIFAR-100 file for CIFAR-10', async () => {
    await expect(readCifar(writeCifar([record(3, 50), record(4, 70)]))).rejects.toMatchObject({
      code: expect.stringMatching(/^DATA_(TRUNCATED|WRONG_LABEL)$/),
    });
  });
});

const cifar10 = fileURLToPath(new URL('../../../../shared/data/cifar10/', import.meta.url));

describe.skipIf(!existsSync(cifar10))('CIFAR-10 (when the files are there)', () => {
  it('reads 500 test images of all ten classes', async () => {
    const { images, labels } = await readCifar(createReadStream(`${cifar10}test_batch_rows0-500.bin.gz`));
    expect(images.shape).toEqual([500, 32, 32, 3]);
    expect(new Set(labels.data).size).toBe(10);
  });
});
