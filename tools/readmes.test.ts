import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { format } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';

// Every block of every README that is fenced as `ts` runs as it stands, and prints what its comments say. Fragments are
// fenced as `js` or `typescript`.
const root = new URL('../', import.meta.url);
const scratch = new URL('.readme/', root);
const pages = ['README.md', ...readdirSync(new URL('packages/', root)).map((name) => `packages/${name}/README.md`)];

const blocks = pages.flatMap((page) => {
  let text: string;
  try {
    text = readFileSync(new URL(page, root), 'utf8');
  } catch {
    return [];
  }
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match, i) => ({ page, i, code: match[1]! }));
});

describe('examples in the READMEs', () => {
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('exist', () => expect(blocks.length).toBeGreaterThan(0));

  it.each(blocks)('$page, example $i', async ({ page, i, code }) => {
    mkdirSync(scratch, { recursive: true });
    const file = new URL(`${page.replaceAll('/', '-')}.${i}.ts`, scratch);
    writeFileSync(file, code);
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await import(/* @vite-ignore */ file.pathname);
    const printed = log.mock.calls.map(([first, ...rest]) => format(first, ...rest));
    log.mockRestore();
    const said = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    for (const line of said) expect(printed).toContain(line);
  });
});
