import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { experiments } from './experiments/index.ts';

it('the README names every experiment and every ablation', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  for (const { name, ablations } of experiments)
    for (const word of [name, ...Object.keys(ablations)]) expect(readme).toContain(`\`${word}\``);
});
