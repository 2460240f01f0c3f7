import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { WasmError } from '../error.ts';

/** The part of tfjs's emscripten module that the kernels use. */
export interface TfjsModule {
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  readonly wasmMemory?: WebAssembly.Memory;
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

type DataId = TensorInfo['dataId'];

/** What `BackendWasm` declares as private. */
interface Storage {
  move(dataId: object, values: unknown, shape: number[], dtype: DataType, refCount: number): void;
}

/** Data allocated by the kernel that is running, if its allocations are recorded. */
const recordings = new WeakMap<BackendWasm, object[] | undefined>();

/** The size of a memory that cannot grow any more, but for a page. */
const full = 2 ** 32 - 2 ** 16;

/**
 * What stays free in a full memory. tfjs's own code allocates a few numbers here and there (the entry of a new tensor, a shape),
 * and it aborts where it cannot.
 */
const reserve = 2 ** 20;

/** The memory in which a backend's tensors are. */
export function memoryOf(backend: BackendWasm): WebAssembly.Memory {
  const tfjs = moduleOf(backend);
  return tfjs.asm?.memory ?? tfjs.wasmMemory!;
}

export const moduleOf = (backend: BackendWasm): TfjsModule => backend.wasm as unknown as TfjsModule;

/**
 * Makes every allocation in a backend's heap succeed or throw, those of tfjs's own kernels included: stock tfjs takes a failed
 * allocation for one at address 0 and writes there, and it takes negative sizes modulo 2^32. Idempotent.
 */
export function guardHeap(backend: BackendWasm): void {
  if (recordings.has(backend)) return;
  recordings.set(backend, undefined);
  const [tfjs, memory] = [moduleOf(backend), memoryOf(backend)];
  // The module replaces its entry by the function itself at the first call.
  tfjs._free(tfjs._malloc(1));
  const malloc = tfjs._malloc;
  const free = tfjs._free;
  tfjs._malloc = (bytes) => {
    const at = bytes >= 0 && bytes < 2 ** 32 ? malloc(bytes) >>> 0 : 0;
    if (at === 0) throw heapFull(bytes);
    if (memory.buffer.byteLength >= full) {
      const rest = malloc(reserve);
      if (rest === 0) {
        free(at);
        throw heapFull(bytes);
      }
      free(rest);
    }
    return at;
  };
  const storage = backend as unknown as Storage;
  const move = storage.move.bind(storage);
  storage.move = (dataId, values, shape, dtype, refCount) => {
    assertSides(shape);
    move(dataId, values, shape, dtype, refCount);
    const size = util.sizeFromShape(shape);
    if (size > 0 && backend.dataIdMap.get(dataId as DataId).memoryOffset === 0) {
      backend.disposeData(dataId as DataId, true);
      throw heapFull(size * util.bytesPerElement(dtype));
    }
    recordings.get(backend)?.push(dataId);
  };
}

/** Runs a kernel of tfjs; where it throws, what it has allocated is freed. */
export function freeingOnFailure<T>(backend: BackendWasm, run: () => T): T {
  const outer = recordings.get(backend);
  const made: object[] = [];
  recordings.set(backend, made);
  try {
    const result = run();
    outer?.push(...made);
    return result;
  } catch (error) {
    for (const dataId of made) backend.disposeData(dataId as DataId);
    throw error;
  } finally {
    recordings.set(backend, outer);
  }
}

function assertSides(shape: readonly number[]): void {
  if (!shape.every((side) => Number.isInteger(side) && side >= 0))
    throw new WasmError(
      'BAD_SHAPE',
      `A tensor of shape [${shape.join(', ')}] cannot exist: each side must be a whole number, 0 or more.`,
    );
}

export function heapFull(bytes: number): WasmError {
  return new WasmError(
    'HEAP_FULL',
    `The wasm heap has no ${bytes} bytes left: it ends at 4 GiB. Use smaller batches, or dispose tensors (tf.tidy).`,
  );
}
