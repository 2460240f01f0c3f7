import { type KernelFunc, type NamedAttrMap, type TensorInfo, type Variable } from '@tensorflow/tfjs-core';
import { type Surroundings } from './effects.ts';
import { type Block, type Pointer } from './memory.ts';
import { type Parameter } from './parameter.ts';
import { type Kernel } from './signatures.ts';

/** One call of a kernel: numbers and parameters, and the addresses among its arguments as pointers. */
export interface Call {
  readonly kernel: Kernel;
  readonly args: readonly (number | Parameter)[];
  /** For each argument what it points at; undefined for numbers and for 0, which stands for nothing. */
  readonly pointers: readonly (Pointer | undefined)[];
}

/** Calls that belong together: they do not touch one another's results. */
export interface Job {
  readonly calls: readonly Call[];
  /** The same, cut for threads. */
  readonly cut?: Cut;
}

export interface Cut {
  readonly cost: number;
  readonly calls: readonly Call[];
  /** Which argument is scratch, and how many bytes each thread has of it. */
  readonly scratch?: { readonly argument: number; readonly size: number };
}

/** A tensor of a kernel that is not ours. */
export interface ForeignTensor {
  readonly pointer: Pointer;
  readonly shape: number[];
  readonly dtype: TensorInfo['dtype'];
}

/** A call of a kernel that is not ours, which JavaScript makes again in each run. */
export interface ForeignCall {
  readonly name: string;
  readonly kernel: KernelFunc;
  readonly inputs: Readonly<Record<string, ForeignTensor | undefined>>;
  readonly attrs: NamedAttrMap | undefined;
  readonly outputs: readonly ForeignTensor[];
}

export type Step = Job | ForeignCall;

/** What was done while a program was recorded. */
export interface Recording extends Surroundings {
  readonly steps: readonly Step[];
  /** What each variable that was assigned to holds in the end. */
  readonly assigned: ReadonlyMap<Variable, Block>;
  /** Tensors whose values a kernel took as constants, and these. */
  readonly constants: ReadonlyMap<Block, Uint8Array>;
  /** The block that holds a tensor's values; undefined where it was made before and never used. */
  blockOf(dataId: object): Block | undefined;
  /** Why it can't become a program. */
  readonly refusal: string | undefined;
}

export const isForeign = (step: Step): step is ForeignCall => 'outputs' in step;
