import { type Tensor } from '@tensorflow/tfjs';
import { type KernelHost } from '../src/kernels/host.ts';

/** How many more allocations there are on the wasm heap after `run` than before. */
export function leftBehind(host: KernelHost, run: () => void): number {
  const module = host.backend.wasm as unknown as { _malloc(bytes: number): number; _free(at: number): void };
  const [malloc, free] = [module._malloc, module._free];
  let open = 0;
  module._malloc = (bytes) => {
    const at = malloc(bytes);
    if (at !== 0) open++;
    return at;
  };
  module._free = (at) => {
    if (at !== 0) open--;
    free(at);
  };
  try {
    run();
  } finally {
    [module._malloc, module._free] = [malloc, free];
  }
  return open;
}

/** The values of a tensor, bit by bit. */
export function bitsOf(tensor: Tensor): string {
  const { buffer, byteOffset, byteLength } = tensor.dataSync();
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}
