import { engine, type NamedAttrMap, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';

/** What is used of tfjs's engine; much of it is not in its public types. */
export interface Engine {
  runKernel(name: string, inputs: Record<string, Tensor>, attrs?: NamedAttrMap): Tensor | Tensor[];
  runKernelFunc(operation: CustomOperation): Tensor | Tensor[];
  incRef(tensor: Tensor, backend: unknown): void;
  removeDataId(dataId: object, backend: unknown): void;
  track(tensor: Tensor): Tensor;
  makeTensorFromTensorInfo(info: TensorInfo): Tensor;
  getTensorsForGradient(name: string, inputs: Record<string, Tensor>, outputs: Tensor[]): Tensor[];
  saveTensorsForBackwardMode(tensors: Tensor[]): Tensor[];
  addTapeNode(name: string, inputs: object, outputs: Tensor[], gradient: null, saved: Tensor[], attrs: unknown): void;
  tidy<T>(name: string, f: () => T): T;
  readonly state: {
    gradientDepth: number;
    kernelDepth: number;
    activeTape: TapeNode[] | null;
    readonly profiling: boolean;
  };
}

/** An operation on tfjs's tape. */
export interface TapeNode {
  readonly saved: Tensor[];
  gradient?(dys: (Tensor | null)[]): Gradients;
}

/** The gradient in each input. */
export type Gradients = Readonly<Record<string, () => Tensor>>;

/** The operation that `tf.customGrad` makes of a function; a kernel has a name. */
export interface CustomOperation {
  readonly kernelName?: string;
  readonly inputs: Record<string, Tensor>;
  forwardFunc(backend: unknown, save: (tensors: Tensor[]) => void): Tensor;
  backwardsFunc(dy: Tensor, saved: Tensor[]): Gradients;
}

/** The part of tfjs's backend that tensors without values must not reach. */
export interface DataBackend {
  disposeData(dataId: object, force?: boolean): boolean;
  readSync(dataId: object, ...range: unknown[]): unknown;
}

/** The engine in use. */
export const currentEngine = (): Engine => engine() as unknown as Engine;

export const isKept = (tensor: Tensor): boolean => (tensor as unknown as { kept: boolean }).kept;

export const setKept = (tensor: Tensor, kept: boolean): void => void Object.assign(tensor, { kept });
