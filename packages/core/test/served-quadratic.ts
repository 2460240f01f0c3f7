import { parentPort } from 'node:worker_threads';
import { serve } from '@overparam/core';
import { quadratic } from './quadratic.ts';

const forever = new Int32Array(new SharedArrayBuffer(4));

const outOfMemory = (): never => {
  throw new Error('out of memory');
};

serve(
  Object.assign(quadratic([3, -4]), {
    crash: () => void setImmediate(outOfMemory),
    exit: () => process.exit(3),
    never: () => new Promise<void>(() => undefined),
    sleep: () => void Atomics.wait(forever, 0, 0),
  }),
  parentPort!,
);
