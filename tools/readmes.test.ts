import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { codeBlocks, saidLines } from './release/examples.js';

// Every block of every README and of the guides that is fenced as `ts` runs as it stands, and prints what its comments
// say. One with a name, `ts [src/name.ts]`, is a file that later ones can import; a test among them runs as one. Fragments
// are fenced as `js` or `typescript`.
const root = new URL('../', import.meta.url);
const scratch = new URL('.readme/', root);
const pages = [
  'README.md',
  ...readdirSync(new URL('packages/', root)).map((name) => `packages/${name}/README.md`),
  ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`),
].filter((page) => page.endsWith('.md') && existsSync(new URL(page, root)));

const blocks = pages.flatMap((page) =>
  codeBlocks(readFileSync(new URL(page, root), 'utf8')).map(({ code, file: named }, i) => {
    const file = named ?? `${i}.ts`;
    const path = fileURLToPath(new URL(`${page.replaceAll('/', '-')}/${file}`, scratch));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    return { page, file, code, path };
  }),
);
const isTest = ({ file }: { file: string }): boolean => file.endsWith('.test.ts');

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('examples', () => {
  it('exist', () => expect(blocks.length).toBeGreaterThan(0));

  it.each(blocks.filter((block) => !isTest(block)))('$page, $file', async ({ path, code }) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await import(/* @vite-ignore */ path);
    const printed = log.mock.calls.map(([first, ...rest]) => format(first, ...rest));
    log.mockRestore();
    for (const line of saidLines(code)) expect(printed).toContain(line);
  });
});

for (const { page, path } of blocks.filter(isTest)) describe(page, async () => void (await import(path)));
