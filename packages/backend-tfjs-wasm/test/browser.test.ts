import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';
import { browserPath, launch, serve, statusOf } from './browser.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const trained = /^Trained: loss 0\.\d+, accuracy (0\.9\d+|1\.000)\.$/;
const chosen = 'Backend wasm, SIMD on, relaxed SIMD on, threads 1.';

const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const workerOfPage = `
  import * as tf from '@tensorflow/tfjs';
  import { useWasm } from './use-wasm.ts';
  const product = () => tf.tidy(() => {
    const a = tf.randomUniform([300, 300], -1, 1, 'float32', 1);
    return tf.matMul(a, tf.tanh(a), true).dataSync();
  });
  const { threads } = await useWasm({ paths: './' });
  const shared = product();
  await useWasm({ threads: 1 });
  const same = product().every((x, i) => x === shared[i]);
  self.postMessage(threads + ' threads, ' + (same ? 'the same bits' : 'other bits'));
`;
const pageOfWorker = `<!doctype html><link rel="icon" href="data:," /><p id="choice"></p><p id="result"></p><script>
  const worker = new Worker('./worker.js', { type: 'module' });
  const tell = (text) => (document.querySelector('#result').textContent = text);
  worker.onmessage = ({ data }) => tell(data);
  worker.onerror = ({ message }) => tell(message);
</script>`;

const title = 'in a browser (skipped where there is no Chromium; OVERPARAM_CHROMIUM names one)';
describe.skipIf(browserPath === undefined)(title, () => {
  let browser: Awaited<ReturnType<typeof launch>>;
  // A project of a user: the examples, and a node_modules with this package and its dependency as they are published.
  const project = mkdtempSync(join(tmpdir(), 'overparam-pages-'));
  const example = join(project, 'examples/wasm-vite');

  beforeAll(async () => {
    mkdirSync(join(project, 'node_modules'));
    cpSync(join(root, 'examples'), join(project, 'examples'), {
      recursive: true,
      filter: (path) => !/node_modules|dist/.test(path),
    });
    symlinkSync(join(root, 'node_modules/@tensorflow'), join(project, 'node_modules/@tensorflow'));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-b', join(root, 'packages/backend-tfjs-wasm/tsconfig.lib.json')]);
    for (const name of ['backend-tfjs-wasm', 'threads']) {
      const [source, installed] = [join(root, 'packages', name), join(project, 'node_modules/@overparam', name)];
      mkdirSync(installed, { recursive: true });
      copyFileSync(join(source, 'package.json'), join(installed, 'package.json'));
      cpSync(join(source, 'dist'), join(installed, 'dist'), { recursive: true });
    }
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(project, { recursive: true, force: true });
  });

  describe('built by Vite', () => {
    const outDir = join(project, 'vite');
    beforeAll(() =>
      build({ root: example, logLevel: 'error', build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 5000 } }),
    );

    const open = async (headers: Record<string, string>): ReturnType<typeof statusOf> => {
      const site = await serve(outDir, { headers });
      try {
        return await statusOf(browser.context, `${site.address}/`);
      } finally {
        await site.close();
      }
    };

    it('trains with relaxed SIMD, and fetches nothing in vain', async () => {
      const { status, choice, problems } = await open({});
      expect(status).toMatch(trained);
      expect(choice).toBe(chosen);
      expect(problems).toEqual([]);
    });

    it('trains on all threads in an isolated page, to the same loss', async () => {
      const [alone, isolated] = [await open({}), await open(isolation)];
      expect(isolated.status).toBe(alone.status);
      const threads = Number(/threads (\d+)\.$/.exec(isolated.choice)?.[1]);
      expect(threads).toBe(availableParallelism());
      expect(isolated.workers).toBe(threads - 1);
      expect(alone.workers).toBe(0);
      expect(isolated.problems).toEqual([]);
    });

    it('trains on one thread in an isolated page whose policy forbids blob: addresses', async () => {
      const { status, choice } = await open({
        ...isolation,
        'content-security-policy':
          "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'",
      });
      expect(status).toMatch(trained);
      expect(choice).toBe(chosen);
    });

    it('trains under a content security policy that allows WebAssembly', async () => {
      const { status } = await open({
        'content-security-policy':
          "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'",
      });
      expect(status).toMatch(trained);
    });

    it('says WASM_FORBIDDEN, and the remedy, under one that does not', async () => {
      const { status } = await open({
        'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'",
      });
      expect(status).toContain('WASM_FORBIDDEN');
      expect(status).toContain("add 'wasm-unsafe-eval'");
    });

    it('says FILES_NOT_FOUND, and what it tried, when the files are not served', async () => {
      const site = await serve(outDir, { missing: /\.wasm$/ });
      const { status } = await statusOf(browser.context, `${site.address}/`);
      await site.close();
      expect(status).toContain('FILES_NOT_FOUND');
      expect(status).toMatch(/assets\/tfjs-backend-wasm-simd-\w+\.wasm \(status 404\)/);
    });
  });

  it('computes on all threads in a worker of an isolated page', async () => {
    const path = join(project, 'worker');
    await bundle({
      stdin: { contents: workerOfPage, resolveDir: join(root, 'packages/backend-tfjs-wasm/src'), loader: 'ts' },
      ...{ outfile: join(path, 'worker.js'), bundle: true, format: 'esm', platform: 'browser', logLevel: 'error' },
      conditions: ['@overparam/source'],
    });
    const files = join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm');
    copyFileSync(files, join(path, 'tfjs-backend-wasm-simd.wasm'));
    const site = await serve(path, { headers: isolation, pages: { '/page.html': pageOfWorker } });
    const { status, problems } = await statusOf(browser.context, `${site.address}/page.html`);
    await site.close();
    expect(status).toBe(`${availableParallelism()} threads, the same bits`);
    expect(problems).toEqual([]);
  });

  it("trains from Vite's development server", async () => {
    const server = await createServer({
      root: example,
      logLevel: 'error',
      server: { port: 0, host: '127.0.0.1', fs: { allow: [project, root] } },
    });
    await server.listen();
    const { status, choice } = await statusOf(browser.context, server.resolvedUrls!.local[0]!);
    await server.close();
    expect(status).toMatch(trained);
    expect(choice).toBe(chosen);
  });

  it('trains when built by webpack', async () => {
    const path = join(project, 'webpack');
    const config: webpack.Configuration = {
      mode: 'production',
      context: example,
      entry: './src/main.js',
      output: { path, filename: 'main.js' },
      performance: { hints: false },
      optimization: { minimize: false },
    };
    await new Promise<void>((resolve, reject) =>
      webpack(config, (error, stats) =>
        error || stats?.hasErrors() ? reject(error ?? new Error(stats?.toString('errors-only'))) : resolve(),
      ),
    );
    const html = readFileSync(join(example, 'index.html'), 'utf8').replace('./src/main.js', './main.js');
    const site = await serve(path, { pages: { '/page.html': html } });
    const { status, choice, problems } = await statusOf(browser.context, `${site.address}/page.html`);
    await site.close();
    expect(status).toMatch(trained);
    expect(choice).toBe(chosen);
    expect(problems).toEqual([]);
  });

  it('trains in a page of plain modules with an import map', async () => {
    const site = await serve(project);
    const { status, choice, problems } = await statusOf(browser.context, `${site.address}/examples/wasm-plain/`);
    await site.close();
    expect(status).toMatch(trained);
    expect(choice).toBe(chosen);
    expect(problems).toEqual([]);
  });
});
