import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'esbuild';
import { assertOneCopy, assertVersions, installedVersions } from './tfjs.ts';

describe('assertVersions', () => {
  it('accepts what is installed here', () => {
    expect(() => assertVersions(installedVersions())).not.toThrow();
  });

  it.each(['4.21.0', '3.21.0', '5.0.0', '4.9.0'])('refuses %s and names the package', (version) => {
    expect(() => assertVersions({ core: version, wasm: '4.22.0' })).toThrow(`@tensorflow/tfjs-core is ${version}`);
    expect(() => assertVersions({ core: '4.22.0', wasm: version })).toThrow(
      `@tensorflow/tfjs-backend-wasm is ${version}`,
    );
  });

  it('accepts later ones of the same major version, but no mixture', () => {
    expect(() => assertVersions({ core: '4.30.1', wasm: '4.30.1' })).not.toThrow();
    expect(() => assertVersions({ core: '4.23.0', wasm: '4.22.0' })).toThrow(
      expect.objectContaining({ code: 'TFJS_VERSION', message: expect.stringContaining('the same version of both') }),
    );
  });
});

describe('assertOneCopy', () => {
  const require = createRequire(import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), 'overparam-copies-'));
  const bundle = join(folder, 'bundle.mjs');
  // Inside the repository's reach, so that the bundle finds the first copy.
  const second = join(folder, 'second', 'tf-core.node.js');

  beforeAll(async () => {
    mkdirSync(dirname(second), { recursive: true });
    copyFileSync(require.resolve('@tensorflow/tfjs-core'), second);
    const core = require.resolve('@tensorflow/tfjs-core');
    // The second copy keeps its dependencies by resolving them from where the first one lies.
    writeFileSync(
      join(folder, 'load-second.cjs'),
      `const { readFileSync } = require('node:fs'); const { createRequire } = require('node:module');
       const module_ = { exports: {} };
       new Function('require', 'module', 'exports', readFileSync(${JSON.stringify(second)}, 'utf8'))(createRequire(${JSON.stringify(core)}), module_, module_.exports);`,
    );
    await build({
      entryPoints: [fileURLToPath(new URL('./tfjs.ts', import.meta.url))],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      plugins: [
        {
          name: 'first-copy',
          setup: ({ onResolve }) =>
            onResolve({ filter: /^@tensorflow\// }, ({ path }) => ({ path: require.resolve(path), external: true })),
        },
      ],
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const codeAfter = (...imports: string[]): string =>
    execFileSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `console.warn = () => {};
         ${imports.map((file) => `await import(${JSON.stringify(file)});`).join('\n')}
         const { assertOneCopy } = await import(${JSON.stringify(bundle)});
         try { assertOneCopy(); console.log('one copy'); } catch (error) { console.log(error.code + ' ' + error.message); }`,
      ],
      { encoding: 'utf8' },
    );

  it('accepts the one copy that everything uses', () => {
    expect(() => assertOneCopy()).not.toThrow();
    expect(codeAfter()).toContain('one copy');
  });

  it('says TFJS_COPIES when another copy was loaded before', () => {
    expect(codeAfter(join(folder, 'load-second.cjs'))).toMatch(/^TFJS_COPIES .*npm dedupe/);
  });

  it('says TFJS_COPIES when another copy is loaded after', () => {
    expect(codeAfter(bundle, join(folder, 'load-second.cjs'))).toMatch(/^TFJS_COPIES /);
  });
});
