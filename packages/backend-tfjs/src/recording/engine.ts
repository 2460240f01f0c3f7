import { engine as tfjsEngine, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';

/** What a kernel takes: tensors by name or in a row; some inputs are optional. */
export type Inputs<T> = readonly (T | undefined)[] | { readonly [name: string]: T | readonly T[] | undefined };

/** As tfjs's optimizers hand out their weights; its own name for it is not exported. */
export interface NamedTensor {
  name: string;
  tensor: Tensor;
}

export type Save = (tensors: Tensor[]) => void;

/** The differentiable operation that `tf.customGrad` makes of a user's function, as the engine runs it. */
export interface CustomGradient {
  readonly kernelName?: undefined;
  readonly inputs: { readonly [name: string]: Tensor };
  readonly forwardFunc: (backend: unknown, save: Save) => Tensor;
  readonly backwardsFunc: (dy: Tensor, saved: Tensor[]) => unknown;
}

/** What this package uses of tfjs's engine; the last four are not in its public types. */
export interface Engine {
  readonly backendName: string;
  readonly registeredVariables: { readonly [name: string]: Tensor };
  runKernel(name: string, inputs: Inputs<Tensor>, attrs?: NamedAttrMap): Tensor | Tensor[];
  tidy<T>(f: () => T): T;
  readSync(dataId: object): unknown;
  keep<T extends Tensor>(tensor: T): T;
  disposeTensor(tensor: Tensor): void;
  gradients(
    f: () => Tensor,
    xs: readonly Tensor[],
    dy: null,
    allowNoGradients: true,
  ): { value: Tensor; grads: (Tensor | null)[] };
  runKernelFunc(operation: CustomGradient | { readonly kernelName: string }): Tensor | Tensor[];
  /** How many gradients are being taken, one within the other. */
  readonly state: { readonly gradientDepth: number };
  /** The copy of a tensor for the tape. */
  clone(tensor: Tensor): Tensor;
  startTape(): void;
  endTape(): void;
}

/** The engine in use. tfjs keeps it on globalThis, so it is looked up at each use. */
export const engine = (): Engine => tfjsEngine() as unknown as Engine;

/** The same data under another handle, by reference count: nothing is copied, and later writes to a variable do not show. */
export const share = (tensor: Tensor): Tensor => engine().keep(engine().runKernel('Identity', { x: tensor }) as Tensor);

export const disposeAll = (tensors: Iterable<Tensor | null | undefined>): void => {
  for (const tensor of tensors) tensor?.dispose();
};
