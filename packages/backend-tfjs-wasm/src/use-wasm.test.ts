import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
// Switches relaxed SIMD on where Node 20 hides it behind a flag.
import '../test/backends.ts';
import { hasRelaxedSimd } from './features.ts';
import { installedHost } from './install.ts';
import { useWasm } from './use-wasm.ts';

const transposedProduct = (): number[] =>
  tf.tidy(() => [
    ...tf.matMul(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor2d([1, 0, 2], [3, 1]), true).dataSync(),
  ]);

const stockFiles = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

const isOurs = (): boolean => tf.getKernel('UnsortedSegmentSum', 'wasm') !== undefined;

// Each test starts from a tfjs without a running backend, and from a process that says nothing about threads.
beforeEach(() => {
  vi.stubEnv('OVERPARAM_THREADS', undefined);
  tf.engine().reset();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('useWasm', () => {
  it('starts the backend and says what it chose and why', async () => {
    const choice = await useWasm();
    expect(tf.getBackend()).toBe('wasm');
    expect(choice).toEqual({
      simd: true,
      relaxedSimd: hasRelaxedSimd(),
      programs: true,
      threads: availableParallelism(),
      reasons: {
        simd: 'the engine has it',
        relaxedSimd: hasRelaxedSimd() ? 'the engine has it' : 'the engine lacks it',
        threads: 'as many as the machine computes at once',
      },
    });
    expect(isOurs()).toBe(true);
    expect(transposedProduct()).toEqual([11, 14]);
  });

  it('changes nothing when it is called again, at once or later', async () => {
    const [first, second] = await Promise.all([useWasm(), useWasm()]);
    const kernel = tf.getKernel('BatchMatMul', 'wasm');
    const kept = tf.tensor1d([1, 2, 3]);
    const third = await useWasm();
    expect([second, third]).toEqual([first, first]);
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(kernel);
    expect([...kept.dataSync()]).toEqual([1, 2, 3]);
  });

  it('takes over a wasm backend that runs already, with its tensors', async () => {
    await tf.setBackend('wasm');
    const kept = tf.tensor1d([1, 2, 3]);
    await useWasm();
    expect([...kept.square().dataSync()]).toEqual([1, 4, 9]);
    expect(isOurs()).toBe(true);
  });

  it('serves a backend that is restarted', async () => {
    await useWasm();
    tf.engine().reset();
    await tf.setBackend('wasm');
    expect(transposedProduct()).toEqual([11, 14]);
  });

  it('uses no relaxed SIMD when it is forced off', async () => {
    const choice = await useWasm({ relaxedSimd: false });
    expect(choice.relaxedSimd).toBe(false);
    expect(choice.reasons.relaxedSimd).toBe('switched off by the option relaxedSimd');
    expect(transposedProduct()).toEqual([11, 14]);
  });

  it('keeps what an earlier call chose, where the options leave it open', async () => {
    const available = hasRelaxedSimd();
    await useWasm({ relaxedSimd: false });
    expect(await useWasm()).toMatchObject({
      relaxedSimd: false,
      reasons: { relaxedSimd: available ? 'switched off before' : 'the engine lacks it' },
    });
  });

  it('keeps tfjs’s own kernels when SIMD is forced off, and takes ours back later', async () => {
    await useWasm();
    const choice = await useWasm({ simd: false });
    expect(choice).toMatchObject({ simd: false, relaxedSimd: false });
    expect(isOurs()).toBe(false);
    expect(transposedProduct()).toEqual([11, 14]);
    expect(await useWasm()).toMatchObject({ simd: false, reasons: { simd: 'switched off before' } });
    await useWasm({ simd: true });
    expect(isOurs()).toBe(true);
    expect(transposedProduct()).toEqual([11, 14]);
  });
});

describe('the threads of useWasm', () => {
  it('are as many as are asked for, and another number in a later call', async () => {
    const kept = await useWasm({ threads: 3 }).then((choice) => {
      expect(choice).toMatchObject({ threads: 3, reasons: { threads: 'as the option threads asks' } });
      return tf.tensor1d([1, 2, 3]);
    });
    expect(await useWasm()).toMatchObject({ threads: 3, reasons: { threads: 'as chosen before' } });
    expect(await useWasm({ threads: 1 })).toMatchObject({ threads: 1 });
    expect(await useWasm({ threads: 2 })).toMatchObject({ threads: 2 });
    expect([...kept.square().dataSync()]).toEqual([1, 4, 9]);
  });

  it('go on when the backend is restarted', async () => {
    await useWasm({ threads: 2 });
    tf.engine().reset();
    await tf.setBackend('wasm');
    expect(transposedProduct()).toEqual([11, 14]);
    expect(await useWasm()).toMatchObject({ threads: 2 });
  });

  it.each([0, -1, 1.5, 65, NaN, 'many'])('refuse %s', (threads) =>
    expect(useWasm({ threads: threads as number })).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining(`threads is ${threads}`),
    }),
  );

  it('are those of the environment, where no option says otherwise', async () => {
    vi.stubEnv('OVERPARAM_THREADS', 'two');
    await expect(useWasm()).rejects.toMatchObject({
      code: 'BAD_OPTION',
      message: expect.stringContaining('OVERPARAM_THREADS is two'),
    });
    vi.stubEnv('OVERPARAM_THREADS', '2');
    expect(await useWasm()).toMatchObject({
      threads: 2,
      reasons: { threads: 'as the environment variable OVERPARAM_THREADS asks' },
    });
    expect(await useWasm({ threads: 3 })).toMatchObject({ threads: 3 });
  });

  it('are one, with the reason, where the backend runs already', async () => {
    await useWasm({ threads: 1, paths: stockFiles });
    const choice = await useWasm({ threads: 2 });
    expect(choice).toMatchObject({ threads: 1 });
    expect(choice.reasons.threads).toContain('call useWasm() before the first tensor');
    expect(transposedProduct()).toEqual([11, 14]);
  });

  it('are one in a page that is not isolated, and the reason tells how to isolate it', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    const choice = await useWasm({ threads: 2 });
    expect(choice.threads).toBe(1);
    expect(choice.reasons.threads).toContain('Cross-Origin-Embedder-Policy: require-corp');
    expect(await useWasm()).toEqual(choice);
  });

  it('are one where the copy of tfjs’s module is not loaded', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
    // Another folder, for the copy is kept.
    const choice = await useWasm({ threads: 2, paths: `${stockFiles}/.` });
    expect(choice.threads).toBe(1);
    expect(choice.reasons.threads).toContain('connect-src blob:');
    expect(transposedProduct()).toEqual([11, 14]);
  });

  it('are one, and tfjs’s own, without SIMD', async () => {
    expect(await useWasm({ simd: false, threads: 2 })).toMatchObject({ simd: false, threads: 1 });
    expect(await useWasm({ simd: true, threads: 1 })).toMatchObject({ simd: true });
  });

  it('end when the backend is removed', async () => {
    await useWasm({ threads: 2 });
    const host = installedHost()!;
    expect(host.threads()).toBe(2);
    tf.engine().reset();
    expect(host.threads()).toBe(1);
  });
});

describe('useWasm where it cannot work', () => {
  /** An engine that validates no module longer than the header and the given bytes allow. */
  const withoutInstruction = (opcode: readonly number[]): void => {
    const validate = WebAssembly.validate;
    vi.spyOn(WebAssembly, 'validate').mockImplementation((bytes) => {
      const text = new Uint8Array(bytes as ArrayBuffer).join();
      return !text.includes(opcode.join()) && validate(bytes);
    });
  };

  it('says SIMD_UNAVAILABLE, and the way without', async () => {
    withoutInstruction([0xfd, 0xe4, 0x01]);
    await expect(useWasm()).rejects.toMatchObject({
      code: 'SIMD_UNAVAILABLE',
      message: expect.stringContaining('useWasm({ simd: false })'),
    });
    expect(await useWasm({ simd: false })).toMatchObject({ simd: false });
  });

  it('says RELAXED_SIMD_UNAVAILABLE when relaxed SIMD is asked for in vain', async () => {
    withoutInstruction([0xfd, 0x85, 0x02]);
    await expect(useWasm({ relaxedSimd: true })).rejects.toMatchObject({ code: 'RELAXED_SIMD_UNAVAILABLE' });
    expect(await useWasm()).toMatchObject({ simd: true, relaxedSimd: false });
  });

  it('says WASM_FORBIDDEN and works once it is allowed', async () => {
    vi.spyOn(WebAssembly, 'compile').mockRejectedValueOnce(new WebAssembly.CompileError('refused'));
    await expect(useWasm()).rejects.toMatchObject({ code: 'WASM_FORBIDDEN' });
    expect(await useWasm()).toMatchObject({ simd: true });
  });

  it('says FILES_NOT_FOUND and works with the right paths', async () => {
    await expect(useWasm({ paths: './nowhere' })).rejects.toMatchObject({ code: 'FILES_NOT_FOUND' });
    expect(await useWasm()).toMatchObject({ simd: true });
  });

  it('says START_FAILED when tfjs cannot start its backend', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const setBackend = vi.spyOn(tf.engine(), 'setBackend').mockResolvedValueOnce(false);
    await expect(useWasm()).rejects.toMatchObject({ code: 'START_FAILED' });
    setBackend.mockRestore();
    expect(await useWasm()).toMatchObject({ simd: true });
  });
});
