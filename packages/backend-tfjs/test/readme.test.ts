import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it('the example of the README runs, and prints what it says', async () => {
  const example = text('./example.ts');
  expect(text('../README.md')).toContain('```ts\n' + example + '```');
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./example.ts');
  const printed = log.mock.calls.map((values) => values.join(' '));
  log.mockRestore();
  const said = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, comment]) => comment);
  expect(printed).toEqual(said);
});

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
