import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { withSharedMemory } from '@overparam/threads';
import { expect, it } from 'vitest';

it('shares the memory of tfjs’s module, and changes nothing else', () => {
  const file = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm');
  const before = new Uint8Array(readFileSync(file));
  const after = withSharedMemory(before)!;
  expect(WebAssembly.validate(after)).toBe(true);
  expect(before.filter((byte, i) => byte !== after[i])).toEqual(new Uint8Array([1]));
});
