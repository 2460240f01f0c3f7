// What a process sees of the threads: built into one file, as a user would.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'overparam-threads-'));
const bundle = join(folder, 'bundle.mjs');
const paths = dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));

// Two threads, work for both of them, nothing that ends them.
const script = `
  import * as tf from '@tensorflow/tfjs';
  import { useWasm } from '../src/use-wasm.ts';
  const globals = [URL.createObjectURL, globalThis.Blob, globalThis.fetch, globalThis.Worker];
  const choice = await useWasm({ threads: 2, paths: ${JSON.stringify(paths)} });
  const same = [URL.createObjectURL, globalThis.Blob, globalThis.fetch, globalThis.Worker].every((g, i) => g === globals[i]);
  const a = tf.ones([300, 300]);
  const sum = tf.sum(tf.matMul(a, a)).dataSync()[0];
  console.log(JSON.stringify({ threads: choice.threads, reason: choice.reasons.threads, sum, same }));
`;

interface Outcome {
  readonly threads: number;
  readonly reason: string;
  readonly sum: number;
  readonly same: boolean;
}

describe('in a process', () => {
  beforeAll(() =>
    build({
      stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      conditions: ['@overparam/source'],
      // tfjs's own files are CommonJS and ask for Node's modules as such.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;",
      },
      logLevel: 'error',
    }),
  );
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the bundle to its end. */
  const outcome = async (...flags: string[]): Promise<Outcome> => {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, bundle], { timeout: 50_000 });
    return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Outcome;
  };
  const permission = Number(process.versions.node.split('.')[0]) < 23 ? '--experimental-permission' : '--permission';

  it('work in a bundle, which ends by itself, and leave globals and the disk alone', async () => {
    expect(await outcome(permission, '--allow-fs-read=*', '--allow-worker')).toEqual({
      ...{ threads: 2, reason: 'as the option threads asks', sum: 300 ** 3, same: true },
    });
    expect(readdirSync(folder)).toEqual(['bundle.mjs']);
  });

  it('are one where the process may start no worker', async () => {
    const { threads, reason, sum } = await outcome(permission, '--allow-fs-read=*');
    expect([threads, sum]).toEqual([1, 300 ** 3]);
    expect(reason).toContain('no worker could be started');
  });
});
