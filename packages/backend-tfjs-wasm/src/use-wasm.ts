import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { env, setBackend } from '@tensorflow/tfjs-core';
import { countThreads, environmentThreads, isThreadCount, maxThreads, noSharedMemory, withSharedMemory } from '@overparam/threads'; // prettier-ignore
import { WasmError } from './error.ts';
import { assertWasmAllowed, hasRelaxedSimd, hasSimd } from './features.ts';
import { type Build, install, installedBuild, installedHost } from './install.ts';
import { memoryOf } from './kernels/heap.ts';
import { isShared } from './kernels/host.ts';
import { compilesSteps, compileSteps } from './programs/compiled-steps.ts';
import { locate, readFile, type WasmFile, type WasmPaths } from './locate.ts';
import { assertOneCopy, assertVersions, installedVersions, runningWasmBackend } from './tfjs.ts';

export interface WasmOptions {
  /** false keeps tfjs's own scalar kernels and corrects the gradients alone. Default: true, and an error where the engine has no SIMD. */
  readonly simd?: boolean;
  /** Whether to use fused multiply-add. Default: where the engine has it; true makes its absence an error. */
  readonly relaxedSimd?: boolean;
  /**
   * On how many threads the kernels compute: a number, the calling thread included, or 'all' that the machine computes at once.
   * Default: what the environment variable OVERPARAM_THREADS says, else all; one where memory can't be shared among threads, and the choice reports the reason. Results are the same to the bit.
   */
  readonly threads?: number | 'all';
  /**
   * Whether steps of tfjs's optimizers, in `minimize` and `model.fit`, become programs; see `stepReport`. Default: true. Results are
   * the same to the bit.
   */
  readonly programs?: boolean;
  /** Where tfjs's .wasm files lie, when they are not found by themselves: their folder, or the address of each file by its name. */
  readonly paths?: WasmPaths;
}

/** What `useWasm` chose, and why. */
export interface WasmChoice {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  readonly threads: number;
  /** Whether steps of tfjs's optimizers become programs. */
  readonly programs: boolean;
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
  assertThreads('threads', options.threads);
  assertVersions(installedVersions());
  assertOneCopy();
  await assertWasmAllowed();
  const before = installedBuild();
  const { reasons, ...build } = choose(options, before);
  let one = build.threads > 1 ? noSharedMemory() : undefined;
  const running = runningWasmBackend();
  if (running === undefined) {
    const file: WasmFile = build.simd ? 'tfjs-backend-wasm-simd.wasm' : 'tfjs-backend-wasm.wasm';
    const place = await locate(file, options.paths);
    const shared = build.threads > 1 && one === undefined ? await sharedCopy(place) : { reason: one };
    one = shared.reason;
    prepareStart(build.simd, shared.address ?? place, shared.address !== undefined);
  } else if (build.threads > 1 && !isShared(memoryOf(running)))
    one ??= 'the backend was started with a memory that is not shared: call useWasm() before the first tensor';
  if (!(await setBackend('wasm')))
    throw new WasmError(
      'START_FAILED',
      'tfjs could not start its wasm backend; its own message stands on the console.',
    );
  try {
    install(build);
  } catch (error) {
    one = `no worker could be started: ${(error as Error).message}`;
    install({ ...build, threads: 1 });
  }
  await installedHost()?.ready;
  if (options.programs !== undefined) compileSteps(options.programs);
  const threads = installedHost()?.threads() ?? 1;
  return {
    ...build,
    threads,
    programs: build.simd && compilesSteps(),
    reasons: { ...reasons, threads: one ?? whyThreads(options, build, threads) },
  };
}

function whyThreads({ threads: asked }: WasmOptions, { simd, threads: wanted }: Build, count: number): string {
  if (!simd) return 'tfjs’s own kernels run on the calling thread';
  if (count < wanted) return `${wanted - count} of ${wanted} threads could not be started`;
  if (typeof asked === 'number') return 'as the option threads asks';
  if (asked === undefined && wanted === environmentThreads())
    return 'as the environment variable OVERPARAM_THREADS asks';
  return wanted === countThreads('all') ? 'as many as the machine computes at once' : 'as chosen before';
}

function assertThreads(name: string, threads: unknown): asserts threads is WasmOptions['threads'] {
  if (threads === undefined || isThreadCount(threads)) return;
  throw new WasmError(
    'BAD_OPTION',
    `${name} is ${String(threads)}: it must be 'all' or a whole number from 1 to ${maxThreads}.`,
  );
}

type Reasons = Omit<WasmChoice['reasons'], 'threads'>;

/** What the options ask for; what they leave open stays as it is, or is decided by what the engine has. */
function choose(options: WasmOptions, before: Build | undefined): Build & { readonly reasons: Reasons } {
  const { simd = before?.simd ?? true } = options;
  if (!simd) {
    const off = options.simd === false ? 'switched off by the option simd' : 'switched off before';
    return { simd, relaxedSimd: false, threads: 1, reasons: { simd: off, relaxedSimd: off } };
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
  const reasons = { simd: 'the engine has it', relaxedSimd: why(relaxedSimd, options.relaxedSimd, available) };
  return { simd, relaxedSimd, threads: threadsOf(options.threads, before), reasons };
}

function threadsOf(asked: number | 'all' | undefined, before: Build | undefined): number {
  if (asked === undefined && before?.simd) return before.threads;
  if (asked !== undefined) return countThreads(asked);
  const threads = environmentThreads();
  assertThreads('The environment variable OVERPARAM_THREADS', threads);
  return countThreads(threads ?? 'all');
}

function why(chosen: boolean, asked: boolean | undefined, available: boolean): string {
  if (asked === false) return 'switched off by the option relaxedSimd';
  if (!available) return 'the engine lacks it';
  return chosen ? 'the engine has it' : 'switched off before';
}

/** Has tfjs load the file at `place`, of whatever name. */
function prepareStart(simd: boolean, place: string, byFetch: boolean): void {
  env().set('WASM_HAS_SIMD_SUPPORT', simd);
  // tfjs's threads would serve a few of its forward kernels alone.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  // tfjs insists on an entry for every file and reads the one that the flags choose.
  const places = {
    'tfjs-backend-wasm.wasm': place,
    'tfjs-backend-wasm-simd.wasm': place,
    'tfjs-backend-wasm-threaded-simd.wasm': place,
  };
  try {
    setWasmPaths(places, byFetch);
  } catch (cause) {
    throw new WasmError(
      'START_FAILED',
      'tfjs has tried to start its wasm backend before and failed, and takes no paths any more: reload, and call useWasm() first.',
      { cause },
    );
  }
}

const copies = new Map<string, string>();

/**
 * The address of a copy of tfjs's file whose memory is shared, or the reason why there can be none. It lives as long as this
 * realm, for tfjs fetches it again when it restarts its backend.
 */
async function sharedCopy(place: string): Promise<{ readonly address?: string; readonly reason?: string | undefined }> {
  const known = copies.get(place);
  if (known !== undefined) return { address: known };
  const bytes = withSharedMemory(await readFile(place));
  if (!bytes || !WebAssembly.validate(bytes)) return { reason: 'the memory of tfjs’s own module can’t be shared' };
  const address = URL.createObjectURL(new Blob([bytes], { type: 'application/wasm' }));
  try {
    // tfjs would never come back from a refusal.
    await fetch(address);
  } catch (error) {
    URL.revokeObjectURL(address);
    return {
      reason: `the engine does not load blob: addresses, which a content security policy allows by connect-src blob: (${(error as Error).message})`,
    };
  }
  copies.set(place, address);
  return { address };
}
