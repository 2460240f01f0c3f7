import { useWasm } from '@overparam/backend-tfjs-wasm';
import * as tf from '@tensorflow/tfjs';
import { unknownName } from '../unknown-name.ts';

export const backends = ['wasm', 'cpu'] as const;

/**
 * @throws OverparamError `UNKNOWN_BACKEND`
 * @throws WasmError where the engine has no WebAssembly with SIMD
 */
export async function startBackend(name: string): Promise<(typeof backends)[number]> {
  const known = backends.find((backend) => backend === name);
  if (!known) throw unknownName('UNKNOWN_BACKEND', 'backend', name, backends);
  if (known === 'wasm') {
    await useWasm();
  } else {
    // The cpu backend would advertise tfjs-node at its first use.
    (tf.findBackend('cpu') as unknown as { firstUse: boolean }).firstUse = false;
    await tf.setBackend(known);
  }
  return known;
}
