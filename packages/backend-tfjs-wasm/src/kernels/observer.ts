import { type DataType, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { type Job } from '@overparam/threads';
import { type Exports } from './exports.ts';

/** Learns what kernels do while they run: the calls they make, and the memory that these use. */
export interface Observer {
  /** The address of a tensor was asked for. */
  located(tensor: TensorInfo, at: number): void;
  /** JavaScript reads the values of a tensor. */
  read(tensor: TensorInfo): void;
  /** JavaScript has written integers. */
  wrote(at: number, values: readonly number[]): void;
  /** One job was done: these calls, in this order. */
  called(kernel: keyof Exports, tiles: Job['tiles'], scratch?: Job['scratch']): void;
  /** The job just reported, cut for threads. It has not been done again. */
  cut(kernel: keyof Exports, cost: number, tiles: Job['tiles'], scratch?: Job['scratch']): void;
  /** Runs a kernel that is not ours. */
  foreign(name: string, kernel: KernelFunc, args: Parameters<KernelFunc>[0]): ReturnType<KernelFunc>;
}

/** A tensor of a type that lies in the heap as plain numbers. */
export const isPlain = (dtype: DataType): boolean => dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
