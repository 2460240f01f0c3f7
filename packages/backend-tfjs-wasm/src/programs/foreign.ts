import { type TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelHost, memoryOf } from '../kernels/host.ts';
import { type Block } from './memory.ts';
import { type ForeignCall, type ForeignTensor } from './recording.ts';

/** A kernel that is not ours, called from a program: its inputs are tensors that lie where the program says. */
export interface Foreign {
  /** Has its inputs in a block lie at another address. */
  move(block: Block, at: number): void;
  /** False where the results have other shapes than those recorded. */
  run(): boolean;
  dispose(): void;
}

interface TensorRegistry {
  registerTensor(id: number, size: number, at: number): void;
  disposeData(id: number): void;
}

interface Input {
  readonly info: TensorInfo;
  readonly tensor: ForeignTensor;
  readonly data: { id: number; memoryOffset: number };
}

export function createForeign(host: KernelHost, call: ForeignCall, address: (block: Block) => number): Foreign {
  const { backend } = host;
  const memory = memoryOf(backend);
  const registry = (backend.wasm as unknown as { tfjs: TensorRegistry }).tfjs;
  const where = new Map<Block, number>();
  const at = ({ pointer: { block, offset } }: ForeignTensor): number => (where.get(block) ?? address(block)) + offset;
  const size = ({ shape }: ForeignTensor): number => shape.reduce((product, n) => product * n, 1);
  const inputs = Object.entries(call.inputs).map(([name, tensor]): [string, Input | undefined] => {
    if (!tensor) return [name, undefined];
    const { dataId } = backend.makeOutput(tensor.shape, tensor.dtype, at(tensor));
    const data = backend.dataIdMap.get(dataId) as Input['data'];
    return [name, { info: { dataId, shape: tensor.shape, dtype: tensor.dtype }, tensor, data }];
  });
  const infos = Object.fromEntries(inputs.map(([name, input]) => [name, input?.info])) as Record<string, TensorInfo>;
  return {
    move(block, to) {
      where.set(block, to);
      for (const [, input] of inputs) {
        if (!input || input.tensor.pointer.block !== block || input.data.memoryOffset === at(input.tensor)) continue;
        input.data.memoryOffset = at(input.tensor);
        registry.disposeData(input.data.id);
        registry.registerTensor(input.data.id, size(input.tensor), input.data.memoryOffset);
      }
    },
    run() {
      const made = [call.kernel({ inputs: infos, attrs: call.attrs ?? {}, backend })].flat() as TensorInfo[];
      const same = made.every(({ shape, dtype }, i) => {
        const { shape: before, dtype: type } = call.outputs[i]!;
        return dtype === type && shape.join() === before.join();
      });
      if (same)
        made.forEach((output, i) => {
          const { memoryOffset: from } = backend.dataIdMap.get(output.dataId) as Input['data'];
          const bytes = call.outputs[i]!.pointer.block.bytes;
          new Uint8Array(memory.buffer).copyWithin(at(call.outputs[i]!), from, from + bytes);
        });
      for (const { dataId } of made) backend.disposeData(dataId);
      return same;
    },
    dispose() {
      // The memory belongs to the program, so only the registration is undone.
      for (const [, input] of inputs) {
        if (!input) continue;
        input.data.memoryOffset = 0;
        backend.disposeData(input.info.dataId);
      }
    },
  };
}
