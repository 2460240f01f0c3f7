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
