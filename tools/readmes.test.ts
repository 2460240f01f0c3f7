import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { format } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { codeBlocks, saidLines } from './release/examples.js';

// Every block of every README that is fenced as `ts` runs as it stands, and prints what its comments say. Fragments are
// fenced as `js` or `typescript`.
const root = new URL('../', import.meta.url);
const scratch = new URL('.readme/', root);
const pages = ['README.md', ...readdirSync(new URL('packages/', root)).map((name) => `packages/${name}/README.md`)];

const blocks = pages
  .filter((page) => existsSync(new URL(page, root)))
  .flatMap((page) => codeBlocks(readFileSync(new URL(page, root), 'utf8')).map((code, i) => ({ page, i, code })));

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
    for (const line of saidLines(code)) expect(printed).toContain(line);
  });
});
