import { getThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { env, setBackend } from '@tensorflow/tfjs-core';
import { WasmError } from './error.ts';
import { assertWasmAllowed, hasRelaxedSimd, hasSimd } from './features.ts';
import { type Build, install, installedBuild } from './install.ts';
import { locate, type WasmFile, type WasmPaths } from './locate.ts';
import { assertOneCopy, assertVersions, installedVersions, runningWasmBackend } from './tfjs.ts';

export interface WasmOptions {
  /** false keeps tfjs's own scalar kernels and corrects the gradients alone. Default: true, and an error where the engine has no SIMD. */
  readonly simd?: boolean;
  /** Whether to use fused multiply-add. Default: where the engine has it; true makes its absence an error. */
  readonly relaxedSimd?: boolean;
  /** Where tfjs's .wasm files lie, when they are not found by themselves: their folder, or the address of each file by its name. */
  readonly paths?: WasmPaths;
}

/** What `useWasm` chose, and why. */
export interface WasmChoice {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  readonly threads: number;
  readonly reasons: { readonly simd: string; readonly relaxedSimd: string; readonly threads: string };
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Makes tfjs compute on its wasm backend, with the kernels and gradients of this package: fast and correct training on a CPU.
 * Call it once, before the first tensor. Further calls, concurrent ones too, change nothing unless an option asks for another choice.
 *
 * @returns what was chosen, and why
 * @throws {WasmError} with a `code`; after a failure tfjs is as it was, and the call may be repeated
 */
export function useWasm(options: WasmOptions = {}): Promise<WasmChoice> {
  const result = last.then(() => setUp(options));
  last = result.catch(() => {});
  return result;
}

async function setUp(options: WasmOptions): Promise<WasmChoice> {
  assertVersions(installedVersions());
  assertOneCopy();
  await assertWasmAllowed();
  const choice = choose(options, installedBuild());
  if (runningWasmBackend() === undefined) await prepareStart(choice.simd, options.paths);
  if (!(await setBackend('wasm')))
    throw new WasmError(
      'START_FAILED',
      'tfjs could not start its wasm backend; its own message stands on the console.',
    );
  install(choice);
  return { ...choice, threads: getThreadsCount() };
}

/** What the options ask for; what they leave open stays as it is, or is decided by what the engine has. */
function choose(options: WasmOptions, before: Build | undefined): Omit<WasmChoice, 'threads'> {
  const { simd = before?.simd ?? true } = options;
  const threads = 'the kernels run on the calling thread';
  if (!simd) {
    const off = options.simd === false ? 'switched off by the option simd' : 'switched off before';
    return { simd, relaxedSimd: false, reasons: { simd: off, relaxedSimd: off, threads } };
  }
  if (!hasSimd())
    throw new WasmError(
      'SIMD_UNAVAILABLE',
      'This engine has no WebAssembly SIMD, which the kernels need (browsers have it since 2021, Safari since 16.4): ' +
        'use a newer one, or useWasm({ simd: false }) for tfjs’s own kernels.',
    );
  const available = hasRelaxedSimd();
  if (options.relaxedSimd === true && !available)
    throw new WasmError(
      'RELAXED_SIMD_UNAVAILABLE',
      'relaxedSimd is true, but this engine has none: use Node 22 or later (or node --experimental-wasm-relaxed-simd), Chrome 114 or later, or leave the option out.',
    );
  const relaxedSimd = options.relaxedSimd ?? (before?.simd ? before.relaxedSimd : available);
  const reasons = { simd: 'the engine has it', relaxedSimd: why(relaxedSimd, options.relaxedSimd, available), threads };
  return { simd, relaxedSimd, reasons };
}

function why(chosen: boolean, asked: boolean | undefined, available: boolean): string {
  if (asked === false) return 'switched off by the option relaxedSimd';
  if (!available) return 'the engine lacks it';
  return chosen ? 'the engine has it' : 'switched off before';
}

async function prepareStart(simd: boolean, paths: WasmPaths | undefined): Promise<void> {
  const file: WasmFile = simd ? 'tfjs-backend-wasm-simd.wasm' : 'tfjs-backend-wasm.wasm';
  const place = await locate(file, paths);
  env().set('WASM_HAS_SIMD_SUPPORT', simd);
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  // tfjs insists on an entry for every file and reads the one that the flags choose.
  try {
    setWasmPaths({
      'tfjs-backend-wasm.wasm': place,
      'tfjs-backend-wasm-simd.wasm': place,
      'tfjs-backend-wasm-threaded-simd.wasm': place,
    });
  } catch (cause) {
    throw new WasmError(
      'START_FAILED',
      'tfjs has tried to start its wasm backend before and failed, and takes no paths any more: reload, and call useWasm() first.',
      { cause },
    );
  }
}
