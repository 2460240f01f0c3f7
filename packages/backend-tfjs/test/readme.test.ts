import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it('the README lists every error code of the source', () => {
  const readme = text('../README.md');
  for (const file of [
    'call-loss',
    'problem',
    'stepping',
    'read',
    'weights',
    'method-registry',
    'optimizer',
    'parameter-memory',
  ])
    for (const [, code] of text(`../src/${file}.ts`).matchAll(/new OverparamError\(\s*'(\w+)'/g))
      expect(readme).toContain(`\`${code}\``);
});
