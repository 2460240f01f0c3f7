import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { classes, files, load, officialSha256, sha256, type FileName } from './index.ts';

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const names = Object.keys(files) as FileName[];
const official = '/usr/share/datasets/fashion-mnist';

describe('the data', () => {
  it.each(names)('%s has its checksum', async (name) => {
    expect(hash(gunzipSync(await readFile(files[name])))).toBe(sha256[name]);
  });

  it('are balanced: 1,000 and 200 of each class', async () => {
    const { train, test } = await load();
    for (const [{ images, labels }, each] of [
      [train, 1000],
      [test, 200],
    ] as const) {
      const counts = new Array<number>(10).fill(0);
      labels.data.forEach((label) => counts[label]!++);
      expect(counts).toEqual(new Array(10).fill(each));
      expect(images.shape).toEqual([10 * each, 28, 28]);
      expect(images.data.length).toBe(10 * each * 28 * 28);
    }
    expect(classes.length).toBe(10);
  });
});

describe.skipIf(!existsSync(official))('the official files (where Debian has put them)', () => {
  it('have the official checksums, and hold the subset in their order', async () => {
    const whole = Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, gunzipSync(await readFile(join(official, `${name}.gz`)))] as const),
      ),
    ) as Record<FileName, Buffer>;
    for (const name of names) expect(hash(whole[name])).toBe(officialSha256[name]);
    const { test } = await load();
    const taken = new Array<number>(10).fill(0);
    const kept = [...whole['t10k-labels-idx1-ubyte'].subarray(8)].flatMap((label, i) =>
      taken[label]!++ < 200 ? [i] : [],
    );
    const wanted = kept.map((i) => whole['t10k-images-idx3-ubyte'].subarray(16 + 784 * i, 16 + 784 * (i + 1)));
    expect(Buffer.compare(Buffer.concat(wanted), test.images.data)).toBe(0);
  });
});

describe('load over http, as a bundler has it', () => {
  it.each([false, true])('works when the server decompresses: %s', async (encoding) => {
    const local = { ...files };
    const server = createServer((request, response) => {
      if (encoding) response.setHeader('content-encoding', 'gzip');
      createReadStream(local[request.url!.slice(1) as FileName]).pipe(response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    try {
      for (const name of names)
        vi.spyOn(files, name, 'get').mockReturnValue(new URL(`http://127.0.0.1:${port}/${name}`));
      const { test } = await load();
      expect(test.labels.data.length).toBe(2000);
      vi.spyOn(files, 't10k-images-idx3-ubyte', 'get').mockReturnValue(files['t10k-labels-idx1-ubyte']);
      await expect(load()).rejects.toThrow('t10k-images-idx3-ubyte: 2008 bytes where 1568016 belong');
    } finally {
      vi.restoreAllMocks();
      server.close();
      server.closeAllConnections();
    }
  });
});
