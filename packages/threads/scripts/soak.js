// Runs many small jobs on a pool, and ends with an error if one is lost or wrong. Nobody kills a thread here.
// node packages/threads/scripts/soak.js [jobs] [threads] [tiles], after a build.
import { createPool, withSharedMemory } from '@overparam/threads';

const [jobs = 1e8, threads = 2, tiles = 7] = process.argv.slice(2).map(Number);
// square(from, to) writes the square of one float32; nothing() does nothing.
const text =
  'AGFzbQEAAAABCQJgAABgAn9/AAISAQNlbnYGbWVtb3J5AgEBgIAEAwMCAAEHFAIHbm90aGluZwAABnNxdWFyZQABChcCAgALEgAgASAAKgIAIAAqAgCUOAIACw==';
const module = new WebAssembly.Module(withSharedMemory(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));
const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const lost = (message) => new Error(message);
const pool = createPool({ module, memory, exports: { ...exports }, threads, idle: 'nothing', lost });
await pool.ready;

const numbers = new Float32Array(memory.buffer);
const to = 256;
const all = Array.from({ length: tiles }, (_, i) => [4 * i, 4 * (to + i)]);
for (let done = 0; done < jobs; done++) {
  const count = 2 + (done % Math.max(1, tiles - 1));
  for (let i = 0; i < count; i++) numbers[i] = done % 1000;
  pool.run({ kernel: 'square', tiles: all.slice(0, count) });
  for (let i = 0; i < count; i++)
    if (numbers[to + i] !== (done % 1000) ** 2) throw new Error(`Job ${done} left tile ${i} undone.`);
  // Now and then the workers fall asleep.
  if (done % 100_000 === 0) for (const end = performance.now() + 2; performance.now() < end;);
  if (done % 10_000_000 === 0) console.log(`${done} jobs, ${pool.threads} threads`);
}
console.log(`${jobs} jobs on ${pool.threads} threads of ${threads}: none lost`);
pool.dispose();
