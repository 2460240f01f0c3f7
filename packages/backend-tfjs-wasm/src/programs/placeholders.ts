import { type DataType } from '@tensorflow/tfjs-core';
import { type KernelHost, outOfMemory } from '../kernels/host.ts';

/** What tfjs's wasm backend knows of some data. */
export interface Data {
  id: number;
  memoryOffset: number;
  shape: number[];
  dtype: DataType;
  refCount: number;
}

interface Heap {
  _malloc(bytes: number): number;
  _free(at: number): void;
  readonly tfjs: { registerTensor(id: number, size: number, at: number): void; disposeData(id: number): void };
}

interface Numbered {
  dataIdNextNumber: number;
}

/** Data that are not computed yet, and have no memory. */
export function placeholder({ backend }: KernelHost, shape: readonly number[], dtype: DataType): object {
  const id = (backend as unknown as Numbered).dataIdNextNumber++;
  const dataId = { id };
  const data: Data = { id, memoryOffset: 0, shape: [...shape], dtype, refCount: 1 };
  backend.dataIdMap.set(dataId, data);
  return dataId;
}

export const dataOf = ({ backend }: KernelHost, dataId: object): Data => backend.dataIdMap.get(dataId) as Data;

/** Gives data memory of their own. */
export function materialize(host: KernelHost, dataId: object, size: number, bytes: number): void {
  const heap = host.backend.wasm as unknown as Heap;
  const data = dataOf(host, dataId);
  const at = heap._malloc(bytes) >>> 0;
  if (at === 0) throw outOfMemory(bytes);
  data.memoryOffset = at;
  heap.tfjs.registerTensor(data.id, size, at);
}

/** Takes the memory of data away. */
export function empty(host: KernelHost, dataId: object): void {
  const heap = host.backend.wasm as unknown as Heap;
  const data = dataOf(host, dataId);
  if (data.memoryOffset === 0) return;
  heap._free(data.memoryOffset);
  heap.tfjs.disposeData(data.id);
  data.memoryOffset = 0;
}

/** Gives data the memory of others, which end. */
export function adopt(host: KernelHost, dataId: object, from: object): void {
  empty(host, dataId);
  const [data, other] = [dataOf(host, dataId), dataOf(host, from)];
  data.memoryOffset = other.memoryOffset;
  data.id = other.id;
  host.backend.dataIdMap.delete(from as never);
}
