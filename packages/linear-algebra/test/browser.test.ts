import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

const browser = [process.env['OVERPARAM_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && existsSync(path)); // prettier-ignore

/** Loads the package as a classic script on a page, and returns what the script of the page writes. */
async function onPage(script: string): Promise<string> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'overparam-page-'));
  try {
    const bundle = await build({
      configFile: false,
      root,
      logLevel: 'error',
      resolve: { conditions: ['@overparam/source', 'module', 'browser'] },
      build: { write: false, lib: { entry: join(root, 'src/index.ts'), formats: ['iife'], name: 'algebra' } },
    });
    const [{ output }] = bundle as unknown as [{ output: readonly [{ code: string }] }];
    const page = join(folder, 'index.html');
    writeFileSync(page, `<p id="result"></p><script>${output[0].code}</script><script>{${script}}</script>`);
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--dump-dom'];
    const dom = execFileSync(browser!, [...flags, `--user-data-dir=${join(folder, 'profile')}`, `file://${page}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 50_000,
    });
    return /<p id="result">(.*?)<\/p>/.exec(dom)?.[1] ?? dom;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!browser)('on a page (skips where there is no Chromium)', () => {
  it('compiles its kernels at once on the main thread, and computes the bits that Node computes', async () => {
    const script = `
      const { gram, kernels, matrix, symmetricEigen } = algebra;
      const a = matrix(90, 100, Float64Array.from({ length: 9000 }, (_, i) => (i * 37) % 101));
      const { values, vectors } = symmetricEigen(gram(a));
      const sum = (data) => data.reduce((s, x, i) => s + x * ((i % 7) + 1), 0);
      result.textContent = [kernels(), sum(values), sum(vectors.data)].join(' ');`;
    const algebra = await import('../src/index.ts');
    const result = { textContent: '' };
    new Function('algebra', 'result', script)(algebra, result);
    expect(result.textContent).toMatch(/^wasm /);
    expect(await onPage(script)).toBe(result.textContent);
  });
});
