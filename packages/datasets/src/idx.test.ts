import { existsSync, createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCifar, readIdx, readLabelledIdx } from './index.ts';

const TYPES = {
  0x08: [Uint8Array, 1, 'setUint8'],
  0x09: [Int8Array, 1, 'setInt8'],
  0x0b: [Int16Array, 2, 'setInt16'],
  0x0c: [Int32Array, 4, 'setInt32'],
  0x0d: [Float32Array, 4, 'setFloat32'],
  0x0e: [Float64Array, 8, 'setFloat64'],
} as const;
type Code = keyof typeof TYPES;

function writeIdx(code: Code, shape: readonly number[], values: readonly number[]): Uint8Array {
  const [, size, set] = TYPES[code];
  const view = new DataView(new ArrayBuffer(4 + 4 * shape.length + size * values.length));
  view.setUint8(2, code);
  view.setUint8(3, shape.length);
  shape.forEach((n, i) => view.setUint32(4 + 4 * i, n));
  values.forEach((value, i) => view[set](4 + 4 * shape.length + size * i, value));
  return new Uint8Array(view.buffer);
}

const files = fc
  .record({
    code: fc.constantFrom<Code>(0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e),
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ code, shape, seed }) => {
    const [Of] = TYPES[code];
    const length = shape.reduce((a, b) => a * b, 1);
    const data = new Of(
      Array.from({ length }, (_, i) => ((seed * (i + 1) * 2654435761) % 97) - (code === 0x08 ? 0 : 48.5)),
    );
    return { code, shape, data, bytes: writeIdx(code, shape, [...data]) };
  });

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

describe('readIdx', () => {
  it('reads back what was written, of any type, plain or gzip, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 9 }), async ({ shape, data, bytes }, size) => {
        for (const file of [bytes, gzipSync(bytes)])
          for (const source of [file, cut(file, size), new Blob([file as Uint8Array<ArrayBuffer>]).stream()])
            expect(await readIdx(source)).toEqual({ shape, data });
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('refuses a file cut off at any byte, and one with a byte too many', async () => {
    const bytes = writeIdx(0x0b, [3, 4], [1, -2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -300]);
    for (let length = 0; length < bytes.length; length++)
      await expect(readIdx(bytes.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: 'DATA_TRUNCATED',
        message: expect.stringContaining(`byte ${length}:`),
      });
    await expect(readIdx(Uint8Array.from([...bytes, 0]))).rejects.toMatchObject({
      code: 'DATA_OVERSIZED',
      message: expect.stringContaining(`byte ${bytes.length}:`),
    });
  });

  it('refuses a gzip file cut off at any byte, and one with any bit flipped', async () => {
    const file = gzipSync(
      writeIdx(
        0x08,
        [40],
        Array.from({ length: 40 }, (_, i) => (i * i) % 251),
      ),
    );
    const whole = await readIdx(file);
    for (let length = 0; length < file.length; length++)
      await expect(readIdx(file.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: expect.stringMatching(/^DATA_(DAMAGED|TRUNCATED|WRONG_FORMAT)$/),
      });
    for (let bit = 0; bit < 8 * file.length; bit++) {
      const damaged = Uint8Array.from(file);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const outcome = await readIdx(damaged).catch((error: unknown) => error);
      // gzip's header has bytes (time, system) that no check sum covers: then the array must be the true one.
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: expect.stringMatching(/^DATA_/) });
      else expect(outcome, `bit ${bit}`).toEqual(whole);
    }
  });

  it('refuses every wrong magic number', async () => {
    const bytes = writeIdx(0x08, [2], [1, 2]);
    for (const [at, value] of [
      [0, 1],
      [1, 8],
      [2, 0x0a],
      [2, 0x0f],
      [3, 0],
    ] as const) {
      const wrong = Uint8Array.from(bytes);
      wrong[at] = value;
      await expect(readIdx(wrong, { name: 'train' })).rejects.toMatchObject({
        code: 'DATA_WRONG_FORMAT',
        message: expect.stringMatching(/^train: byte 0: .*begins with/),
      });
    }
  });

  it('allocates nothing for a header that announces more than maxBytes, and stops a gzip bomb', async () => {
    const header = writeIdx(0x0e, [0xffffffff, 0xffffffff, 0xffffffff], []);
    await expect(readIdx(header)).rejects.toMatchObject({ code: 'DATA_TOO_LARGE' });
    // CIFAR has no header that announces a size. Each member of this gzip file holds a million zeros.
    const bomb = Buffer.concat(new Array<Buffer>(300).fill(gzipSync(new Uint8Array(1_000_000))));
    let taken = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const piece of cut(bomb, 1000)) {
        taken += piece.length;
        yield piece;
      }
    }
    await expect(readCifar(counted(), { maxBytes: 2_000_000 })).rejects.toMatchObject({ code: 'DATA_TOO_LARGE' });
    expect(taken).toBeLessThan(bomb.length / 4);
    await expect(readIdx(header, { maxBytes: NaN })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });

  it('passes an error of the source through, and lets go of the source', async () => {
    let closed = false;
    async function* failing(): AsyncGenerator<Uint8Array> {
      try {
        yield gzipSync(writeIdx(0x08, [4], [1, 2, 3, 4])).subarray(0, 12);
        throw new Error('the disk is on fire');
      } finally {
        closed = true;
      }
    }
    await expect(readIdx(failing())).rejects.toThrow('the disk is on fire');
    expect(closed).toBe(true);
    await expect(readIdx(createReadStream('no/such/file'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('readLabelledIdx', () => {
  const images = writeIdx(0x08, [3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const labels = writeIdx(0x08, [3], [0, 2, 1]);

  it('reads images with their labels', async () => {
    const data = await readLabelledIdx({ images, labels: gzipSync(labels) }, { classes: 3 });
    expect(data.images.shape).toEqual([3, 2, 2]);
    expect([...data.labels.data]).toEqual([0, 2, 1]);
  });

  it('names the byte of a label that is no class', async () => {
    await expect(readLabelledIdx({ images, labels }, { classes: 2 })).rejects.toMatchObject({
      code: 'DATA_WRONG_LABEL',
      message: expect.stringContaining('labels: byte 9: the label of image 1 is 2'),
    });
  });

  it('refuses swapped files, other counts and other types', async () => {
    const wrong = { code: 'DATA_WRONG_FORMAT' };
    await expect(readLabelledIdx({ images: labels, labels: images }, { classes: 3 })).rejects.toMatchObject(wrong);
    const two = writeIdx(0x08, [2], [0, 1]);
    await expect(readLabelledIdx({ images, labels: two }, { classes: 3 })).rejects.toMatchObject(wrong);
    const floats = writeIdx(0x0d, [3], [0, 1, 2]);
    await expect(readLabelledIdx({ images, labels: floats }, { classes: 3 })).rejects.toMatchObject(wrong);
    await expect(readLabelledIdx({ images, labels }, { classes: 0 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});

const mnist = fileURLToPath(new URL('../../../../shared/data/mnist/', import.meta.url));

describe.skipIf(!existsSync(mnist))('MNIST (when the files are there)', () => {
  it('reads the test set: 10,000 images, 980 of them zeros', async () => {
    const data = await readLabelledIdx(
      {
        images: createReadStream(`${mnist}t10k-images-idx3-ubyte.gz`),
        labels: createReadStream(`${mnist}t10k-labels-idx1-ubyte.gz`),
      },
      { classes: 10 },
    );
    expect(data.images.shape).toEqual([10000, 28, 28]);
    expect(data.labels.data.filter((label) => label === 0).length).toBe(980);
    const raw = gunzipSync(await readFile(`${mnist}t10k-images-idx3-ubyte.gz`));
    expect(Buffer.compare(raw.subarray(16), data.images.data)).toBe(0);
  });
});
