import { readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it('the README lists every error code of the source', () => {
  const readme = text('../README.md');
  for (const file of readdirSync(new URL('../src', import.meta.url), { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.ts') && !file.endsWith('.test.ts'))
      for (const [, code] of text(`../src/${file}`).matchAll(/new OverparamError\(\s*'(\w+)'/g))
        expect(readme).toContain(`\`${code}\``);
});
