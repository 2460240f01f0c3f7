import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { officialSha256 } from './index.ts';

it('the README lists the official checksums', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  for (const [name, sum] of Object.entries(officialSha256))
    expect(readme).toMatch(new RegExp(`\`${name}\` .*\`${sum}\``));
});
