import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, vi } from 'vitest';
import { officialSha256 } from './index.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

it('the example in the README runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'overparam-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    const example = /```ts\n(.*?)```/s
      .exec(readme)![1]!
      .replace("'@overparam/fashion-mnist'", JSON.stringify(new URL('./index.ts', import.meta.url).href));
    const file = join(folder, 'example.ts');
    await writeFile(file, example);
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(log.mock.calls).toEqual([[[10000, 28, 28], 2000, 'Ankle boot']]);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
});

it('the README lists the official checksums', () => {
  for (const [name, sum] of Object.entries(officialSha256))
    expect(readme).toMatch(new RegExp(`\`${name}\` .*\`${sum}\``));
});
