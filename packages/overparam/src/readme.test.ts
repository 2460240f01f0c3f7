import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { sampleResults } from '../test/sample-results.ts';
import { experiments } from './experiments/index.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  it('has an example that runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'overparam-'));
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      await writeFile(join(folder, 'results.json'), JSON.stringify(sampleResults()));
      const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
      const example = /```ts\n(.*?)```/s
        .exec(readme)![1]!
        .replace("'overparam'", source('./index.ts'))
        .replace("'overparam/figures'", source('./figures/index.ts'))
        .replace("'results.json'", JSON.stringify(join(folder, 'results.json')));
      const file = join(folder, 'example.ts');
      await writeFile(file, example);
      await import(/* @vite-ignore */ pathToFileURL(file).href);
      expect(log.mock.calls.map(([label]) => label as string)).toEqual(['PoNoS', 'adam']);
    } finally {
      log.mockRestore();
      await rm(folder, { recursive: true });
    }
  });

  it('names every experiment and every ablation', () => {
    for (const { name, ablations } of experiments)
      for (const word of [name, ...Object.keys(ablations)]) expect(readme).toContain(`\`${word}\``);
  });
});
