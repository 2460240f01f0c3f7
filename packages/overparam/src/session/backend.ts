import { OverparamError } from '@overparam/core';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

export const backends = ['wasm', 'cpu'] as const;

/** @throws OverparamError `UNKNOWN_BACKEND`, `BACKEND_FAILED` */
export async function startBackend(name: string): Promise<(typeof backends)[number]> {
  const known = backends.find((backend) => backend === name);
  if (!known)
    throw new OverparamError('UNKNOWN_BACKEND', `There is no backend '${name}'. There are ${backends.join(', ')}.`);
  // The cpu backend would advertise tfjs-node at its first use.
  if (known === 'cpu') (tf.findBackend('cpu') as unknown as { firstUse: boolean }).firstUse = false;
  if (!(await tf.setBackend(known)))
    throw new OverparamError('BACKEND_FAILED', `The backend '${known}' does not start here: try another --backend.`);
  return known;
}
