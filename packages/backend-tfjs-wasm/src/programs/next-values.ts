import { engine, type Variable } from '@tensorflow/tfjs-core';
import { type KernelHost, outOfMemory } from '../kernels/host.ts';
import { type Block } from './memory.ts';

/**
 * The values that variables will have after a run of a program: it writes them beside the present ones, and when all has gone well
 * the two change places. So a run that fails changes nothing.
 */
export interface NextValues {
  /** The memory into which the program writes a variable's next value. */
  address(block: Block): number;
  /** Whether the block holds a variable's next value. */
  has(block: Block): boolean;
  /**
   * Gives the variables their next values. Other tensors that share data with a variable keep what they have; a variable without
   * memory of its own gets some.
   */
  commit(): void;
  dispose(): void;
}

interface Data {
  id: number;
  memoryOffset: number;
  refCount: number;
}

export function createNextValues(host: KernelHost, assigned: ReadonlyMap<Variable, Block>): NextValues {
  const { backend } = host;
  const heap = backend.wasm as unknown as {
    _malloc(bytes: number): number;
    _free(at: number): void;
    tfjs: { registerTensor(id: number, size: number, at: number): void; disposeData(id: number): void };
  };
  const addresses = new Map<Block, number>();
  const dispose = (): void => {
    for (const at of addresses.values()) heap._free(at);
    addresses.clear();
  };
  const allocate = (bytes: number): number => {
    const at = heap._malloc(bytes) >>> 0;
    if (at === 0) throw outOfMemory(bytes);
    return at;
  };
  const dataOf = (variable: Variable): Data => backend.dataIdMap.get(variable.dataId) as Data;
  try {
    for (const block of assigned.values()) addresses.set(block, allocate(block.bytes));
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    address: (block) => addresses.get(block)!,
    has: (block) => addresses.has(block),
    commit() {
      const spare = new Map<Block, number>();
      try {
        for (const [variable, block] of assigned) {
          const { memoryOffset, refCount } = dataOf(variable);
          if (refCount > 1 || memoryOffset === 0) spare.set(block, allocate(block.bytes));
        }
      } catch (error) {
        for (const at of spare.values()) heap._free(at);
        throw error;
      }
      for (const [variable, block] of assigned) {
        const [data, next] = [dataOf(variable), addresses.get(block)!];
        const another = spare.get(block);
        if (another === undefined || data.memoryOffset === 0) {
          addresses.set(block, another ?? data.memoryOffset);
          // tfjs's own kernels find tensors by number, and keep what they derived from them.
          if (data.memoryOffset !== 0) heap.tfjs.disposeData(data.id);
          data.memoryOffset = next;
          heap.tfjs.registerTensor(data.id, variable.size, next);
        } else {
          addresses.set(block, another);
          const { shape, dtype } = variable;
          const value = engine().makeTensorFromTensorInfo(backend.makeOutput(shape, dtype, next));
          variable.assign(value);
          value.dispose();
        }
      }
    },
    dispose,
  };
}
