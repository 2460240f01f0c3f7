import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, vi } from 'vitest';

it('the example in the README runs', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const folder = await mkdtemp(join(tmpdir(), 'overparam-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    const header = (...bytes: number[]) => Uint8Array.from([0, 0, 8, ...bytes]);
    const images = join(folder, 'images');
    const labels = join(folder, 'labels');
    await writeFile(images, header(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 200, 100));
    await writeFile(labels, header(1, 0, 0, 0, 2, 9, 0));
    const example = /```ts\n(.*?)```/s
      .exec(readme)![1]!
      .replace("'@overparam/datasets'", JSON.stringify(new URL('./index.ts', import.meta.url).href))
      .replace("'t10k-images-idx3-ubyte.gz'", JSON.stringify(images))
      .replace("'t10k-labels-idx1-ubyte.gz'", JSON.stringify(labels));
    const file = join(folder, 'example.ts');
    await writeFile(file, example);
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(log.mock.calls).toEqual([[[2, 1, 1], 'Uint8Array', 2]]);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
});
