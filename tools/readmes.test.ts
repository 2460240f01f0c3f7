import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';

// Every TypeScript block of every README runs, as it stands, in the order of the page. A block that only shows a
// declaration or a fragment is fenced as `typescript` instead of `ts`.
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
    await import(/* @vite-ignore */ file.pathname);
  });
});
