import { getKernel, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core';
import { engine } from './engine.ts';

/**
 * Work of parameter size in one pass, by a kernel that the backend in use may have (@overparam/backend-tfjs-wasm
 * registers some); undefined where it has none, and tfjs's own operations have to do.
 */
export function fused(
  name: string,
  inputs: () => Readonly<Record<string, Tensor>>,
  attrs?: NamedAttrMap,
): readonly Tensor[] | undefined {
  if (!getKernel(name, engine().backendName)) return undefined;
  return [engine().runKernel(name, inputs(), attrs)].flat();
}
