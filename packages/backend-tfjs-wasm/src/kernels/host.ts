import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { createPool, inTurn, type Pool, withSharedMemory } from '@overparam/threads';
import { WasmError } from '../error.ts';
import { hasRelaxedSimd } from '../features.ts';
import { relaxedSimd, simd } from './embedded.ts';
import { type Exports } from './exports.ts';
import { guardHeap, heapFull, memoryOf, moduleOf } from './heap.ts';
import { type Observer } from './observer.ts';
import { partsToRecord, type Sharing, sharing } from './sharing.ts';

export { heapFull as outOfMemory, memoryOf } from './heap.ts';

/** What a kernel needs: our functions in tfjs's memory, where tensors lie in it, and scratch. */
export interface KernelHost extends Sharing {
  readonly backend: BackendWasm;
  /** Our functions. They take byte offsets into tfjs's memory. */
  readonly wasm: Exports;
  /** Whether products are fused multiply-adds. */
  readonly relaxedSimd: boolean;
  /** Calls one function on the calling thread and returns its result. */
  run(kernel: keyof Exports, args: readonly number[]): number;
  /** Who observes the kernels, if anybody. */
  readonly observer: Observer | undefined;
  /** Reports whatever kernels do to an observer, from now on; or to nobody. */
  observe(observer: Observer | undefined): void;
  /** The byte offset of a tensor's values. */
  offset(tensor: TensorInfo): number;
  /** A new tensor; `write` writes its values, and where it throws the tensor is freed. */
  make(shape: readonly number[], dtype: DataType, write: (out: TensorInfo) => void): TensorInfo;
  /** New float32 tensors; `write` gets their offsets. Where something fails, all are freed. */
  several(shapes: readonly (readonly number[])[], write: (...offsets: number[]) => void): TensorInfo[];
  /** A tensor that shares the values of another. */
  alias(tensor: TensorInfo, shape: readonly number[]): TensorInfo;
  /** Calls `use` with the offset of that many bytes, and gives them back whatever happens. */
  scratch<T>(bytes: number, use: (offset: number) => T): T;
  /** Frees a tensor that a kernel made for itself. */
  free(tensor: TensorInfo): void;
  /** The values of a tensor where they lie; stale after the next allocation. */
  floats(tensor: TensorInfo): Float32Array;
  ints(tensor: TensorInfo): Int32Array;
  /** Writes 32-bit integers into scratch. */
  writeInts(at: number, values: readonly number[]): void;
  /** Ends the threads; the kernels compute on the calling one from then on. */
  dispose(): void;
}

/**
 * Instantiates our kernels in the memory of a tfjs wasm backend.
 *
 * @param backend the wasm backend, initialised (`tf.backend()` after `await tf.ready()`)
 * @param options.relaxedSimd fused multiply-add; by default where the engine has it
 * @param options.threads on how many threads the kernels compute; by default 1, as where the backend's memory is not shared
 */
export function createKernelHost(
  backend: BackendWasm,
  options: { readonly relaxedSimd?: boolean; readonly threads?: number } = {},
): KernelHost {
  const { relaxedSimd: relaxed = hasRelaxedSimd(), threads = 1 } = options;
  const memory = memoryOf(backend);
  const tfjs = moduleOf(backend);
  guardHeap(backend);
  const shared = isShared(memory);
  const bytes = fromBase64(relaxed ? relaxedSimd : simd);
  const module = new WebAssembly.Module(shared ? withSharedMemory(bytes)! : bytes);
  const wasm = { ...new WebAssembly.Instance(module, { env: { memory } }).exports } as unknown as Exports;
  const pool: Pool | undefined =
    shared && threads > 1
      ? createPool({ module, memory, exports: wasm as never, threads, idle: 'gemmScratch', lost: threadLost })
      : undefined;

  let observer: Observer | undefined;
  const offset = (tensor: TensorInfo): number => {
    const at = backend.dataIdMap.get(tensor.dataId).memoryOffset;
    observer?.located(tensor, at);
    return at;
  };
  const jobs = sharing(wasm, pool);
  const share: KernelHost['share'] = (kernel, cost, use) => {
    if (!observer) return jobs.share(kernel, cost, use);
    use(1, (tiles, scratch) => {
      inTurn(wasm as never, { kernel, tiles, scratch });
      observer?.called(kernel, tiles, scratch);
    });
    const parts = partsToRecord(cost, jobs.threads());
    if (parts > 1) use(parts, (tiles, scratch) => observer?.cut(kernel, cost, tiles, scratch));
  };
  const make: KernelHost['make'] = (shape, dtype, write) => {
    const out = backend.makeOutput(shape as number[], dtype);
    try {
      write(out);
      return out;
    } catch (error) {
      backend.disposeData(out.dataId);
      throw error;
    }
  };
  const several: KernelHost['several'] = (shapes, write) => {
    const made: TensorInfo[] = [];
    const next = (): void => {
      if (made.length === shapes.length) write(...made.map(offset));
      else
        make(shapes[made.length]!, 'float32', (out) => {
          made.push(out);
          next();
        });
    };
    next();
    return made;
  };
  const scratch: KernelHost['scratch'] = (bytes, use) => {
    const at = tfjs._malloc(bytes) >>> 0;
    if (at === 0) throw heapFull(bytes);
    try {
      return use(at);
    } finally {
      tfjs._free(at);
    }
  };
  return {
    ...jobs,
    share,
    backend,
    wasm,
    run(kernel, args) {
      const result = (wasm[kernel] as (...args: number[]) => number)(...args);
      observer?.called(kernel, [args]);
      return result;
    },
    get observer() {
      return observer;
    },
    relaxedSimd: relaxed,
    observe: (next) => void (observer = next),
    offset,
    make,
    several,
    alias(tensor, shape) {
      backend.incRef(tensor.dataId);
      return { dataId: tensor.dataId, shape: shape as number[], dtype: tensor.dtype };
    },
    scratch,
    free(tensor) {
      backend.disposeData(tensor.dataId);
    },
    floats(tensor) {
      observer?.read(tensor);
      return new Float32Array(memory.buffer, offset(tensor), util.sizeFromShape(tensor.shape));
    },
    writeInts(at, values) {
      new Int32Array(memory.buffer, at, values.length).set(values);
      observer?.wrote(at, values);
    },
    ints: (tensor) => new Int32Array(memory.buffer, offset(tensor), util.sizeFromShape(tensor.shape)),
    dispose: () => pool?.dispose(),
  };
}

/** Whether other threads may compute in a memory. */
export const isShared = (memory: WebAssembly.Memory): boolean => !(memory.buffer instanceof ArrayBuffer);

const threadLost = (message: string): WasmError => new WasmError('THREAD_LOST', message);

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
