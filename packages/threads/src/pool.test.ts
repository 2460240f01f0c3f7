import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytes, uniform } from '../test/kernels.ts';
import { control, maxTiles } from './control.ts';
import { createPool, type Job, type Pool } from './pool.ts';
import { withSharedMemory } from './shared-memory.ts';
import { spawn, type Spawn, type Thread } from './spawn.ts';

const module = new WebAssembly.Module(withSharedMemory(bytes)!);
const pools: Pool[] = [];

class Lost extends Error {}
const lost = (message: string): Error => new Lost(message);
const about = { module, idle: 'nothing', lost };

interface Setting {
  readonly memory: WebAssembly.Memory;
  readonly pool: Pool;
  readonly threads: Thread[];
  readonly exports: Record<string, (...args: number[]) => unknown>;
}

/** A pool on a memory of its own; `threads` are the handles of its workers. */
async function start(count: number, patience?: number): Promise<Setting> {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const exports = { ...new WebAssembly.Instance(module, { env: { memory } }).exports } as Setting['exports'];
  const threads: Thread[] = [];
  const spawnKept: Spawn = (data, events) => {
    const thread = spawn(data, events);
    threads.push(thread);
    return thread;
  };
  const options = { ...about, memory, exports, threads: count, spawn: spawnKept };
  const pool = createPool(patience === undefined ? options : { ...options, patience });
  pools.push(pool);
  await pool.ready;
  return { memory, pool, threads, exports };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Squares `count` numbers from one place of the memory to another, in so many tiles. */
function squares(from: number, to: number, count: number, tiles: number): Job {
  const size = Math.ceil(count / tiles);
  const calls = Array.from({ length: tiles }, (_, i) => [
    ...[from + 4 * i * size, to + 4 * i * size, Math.max(0, Math.min(size, count - i * size))],
  ]);
  return { kernel: 'square', tiles: calls };
}

/** Waits for the event loop until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !holds() && performance.now() < end;) await turn();
  expect(holds()).toBe(true);
}

describe('a pool', () => {
  afterEach(() => {
    pools.splice(0).forEach((pool) => pool.dispose());
    vi.restoreAllMocks();
  });

  it('computes every tile once, more than fit into the block as well', async () => {
    const { memory, pool } = await start(3);
    expect(pool.threads).toBe(3);
    const numbers = new Float32Array(memory.buffer);
    for (const tiles of [1, 2, 7, 512, 1500]) {
      const from = Float32Array.from({ length: 3000 }, uniform(tiles));
      numbers.set(from, 0);
      pool.run(squares(0, 16384, 3000, tiles));
      expect(numbers.slice(4096, 4096 + 3000)).toEqual(from.map((x) => x * x));
    }
  });

  it('gives each thread room of its own', async () => {
    const { memory, pool } = await start(3);
    const numbers = new Float32Array(memory.buffer);
    const a = Float32Array.from({ length: 64 * 64 }, uniform(1));
    numbers.set(a, 0);
    const size = 4 * 64 * 8;
    const tiles = Array.from({ length: 8 }, (_, i) => [size * i, 32768 + size * i, size, 0]);
    for (let round = 0; round < 50; round++) {
      numbers.fill(0, 8192, 8192 + 4096);
      pool.run({ kernel: 'carry', tiles, scratch: { argument: 3, at: 65536, size } });
      expect(numbers.slice(8192, 8192 + 4096)).toEqual(a);
    }
  });

  it('passes on an exception of the calling thread when the others are done', async () => {
    const { pool, exports } = await start(2);
    const square = exports['square']!;
    exports['square'] = () => {
      throw new Error('injected');
    };
    // Whether the calling thread gets a tile is a matter of luck, but not 1000 times.
    const tryOften = (): void => {
      for (let i = 0; i < 1000; i++) pool.run(squares(0, 16384, 1000, 20));
    };
    expect(tryOften).toThrow('injected');
    exports['square'] = square;
    pool.run(squares(0, 16384, 1000, 4));
  });

  it('fails once when a kernel fails in a worker, and goes on', async () => {
    const { memory, pool, exports } = await start(2);
    // Only the worker meets the end of the memory.
    exports['square'] = () => {};
    await until(() => pool.sleeping === 1);
    const failing: Job = {
      kernel: 'square',
      tiles: new Array(200).fill([0, memory.buffer.byteLength - 4, 9999]),
    };
    let error: unknown;
    for (let i = 0; i < 1000 && !error; i++)
      try {
        pool.run(failing);
      } catch (thrown) {
        error = thrown;
      }
    expect(error).toBeInstanceOf(Lost);
    exports['square'] = new WebAssembly.Instance(module, { env: { memory } }).exports['square'] as never;
    pool.run(squares(0, 16384, 1000, 4));
    expect(pool.threads).toBe(2);
  });

  it('goes on with the others, and then alone, when workers die while they wait', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { memory, pool, threads } = await start(3);
    const numbers = new Float32Array(memory.buffer);
    numbers.fill(3, 0, 1000);
    for (const left of [2, 1]) {
      await until(() => pool.sleeping >= left);
      threads.pop()!.terminate();
      await until(() => pool.threads === left);
      numbers.fill(0, 4096, 8192);
      pool.run(squares(0, 16384, 1000, 8));
      expect(numbers.slice(4096, 5096)).toEqual(new Float32Array(1000).fill(9));
    }
    expect(warn.mock.calls.map(([text]) => text as string)).toEqual([
      expect.stringContaining('2 continue'),
      expect.stringContaining('1 continue'),
    ]);
  });

  it('fails once when a worker dies at a tile, ends it, and goes on', () => {
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const terminate = vi.fn();
    let words = new Int32Array() as Int32Array;
    // A worker that took a tile and was never heard of again.
    const silent: Spawn = (data, events) => {
      words = data.words;
      events.ready();
      return { terminate };
    };
    const pool = createPool({ ...about, memory, exports: exports as never, threads: 3, spawn: silent, patience: 20 });
    words[control.slots + control.slotSize + control.busy] = 1;
    expect(() => pool.run(squares(0, 16384, 1000, 4))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('2 threads continue') }),
    );
    expect(terminate).toHaveBeenCalledTimes(1);
    pool.run(squares(0, 16384, 1000, 4));
    expect(pool.threads).toBe(2);
  });

  it('tells how long it takes to reach a worker, and computes after that', async () => {
    const { pool } = await start(3);
    expect(pool.reach()).toBeGreaterThan(0);
    pool.run(squares(0, 16384, 1000, 4));
    pool.dispose();
    expect(pool.reach()).toBe(0);
  });

  it('computes on the calling thread alone', async () => {
    const { memory, pool } = await start(2);
    const numbers = new Float32Array(memory.buffer);
    numbers.fill(3, 0, 1000);
    await until(() => pool.sleeping === 1);
    pool.alone(squares(0, 16384, 1000, 4));
    expect(pool.sleeping).toBe(1);
    expect(numbers.slice(4096, 5096)).toEqual(new Float32Array(1000).fill(9));
  });

  it('gives each thread tiles side by side, which others take when they are done with theirs', () => {
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    let words = new Int32Array() as Int32Array;
    const tiles: number[][] = [];
    // Threads that never take a tile.
    const idle: Spawn = (data, events) => {
      words = data.words;
      events.ready();
      return { terminate() {} };
    };
    let firsts: number[][] = [];
    const about = (thread: number): number[] => {
      const slot = control.slots + thread * control.slotSize;
      return [words[slot + control.first]!, words[slot + control.left]! & (2 * maxTiles - 1)];
    };
    const square = (...args: number[]): void => {
      if (tiles.length === 0) firsts = [0, 1, 2].map(about);
      tiles.push(args);
    };
    const kernels = { ...(exports as Record<string, never>), square };
    const pool = createPool({ module, idle: 'nothing', lost, memory, exports: kernels, threads: 3, spawn: idle });
    const job = squares(0, 16384, 1000, 8);
    pool.run(job);
    // The calling thread has taken one of its own by then.
    expect(firsts).toEqual([
      [0, 2],
      [3, 3],
      [6, 2],
    ]);
    expect(tiles.map((tile) => job.tiles.findIndex((args) => args[0] === tile[0]))).toEqual([2, 1, 0, 5, 4, 3, 7, 6]);
  });

  it('starts no worker where the engine refuses one', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const refuse: Spawn = () => {
      throw new Error('no permission');
    };
    expect(() => createPool({ ...about, memory, exports: {}, threads: 2, spawn: refuse })).toThrow('no permission');
  });

  it('survives 10,000 mixed jobs, workers that are killed at any time, and a memory that grows', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    // More than a busy machine keeps a healthy worker waiting, and less than the test has time for.
    const { memory, pool, threads, exports } = await start(5, 5000);
    const next = uniform(7);
    const whole = (below: number): number => Math.floor(((next() + 1) / 2) * below);
    const room = 65536;
    const axpy = (x: number, y: number, count: number, tiles: number): Job => {
      const { tiles: calls } = squares(x, y, count, tiles);
      return { kernel: 'axpy', tiles: calls.map(([from, to, n]) => [0.5, from!, to!, n!]) };
    };
    const carry = (x: number, y: number, count: number, tiles: number): Job => {
      const { tiles: calls } = squares(x, y, count, tiles);
      const scratch = { argument: 3, at: 0, size: 16384 };
      return { kernel: 'carry', tiles: calls.map(([from, to, n]) => [from!, to!, 4 * n!, 0]), scratch };
    };
    let losses = 0;
    for (let job = 0; job < 10_000; job++) {
      if (job % 1000 === 999) memory.grow(2);
      if (job === 2000 || job === 4500 || job === 7000) threads.pop()!.terminate();
      if (job % 200 === 0) await turn();
      // The last pages: those that came last, when the memory has grown.
      const at = memory.buffer.byteLength - 3 * room;
      const numbers = new Float32Array(memory.buffer, at, (3 * room) / 4);
      const count = 64 + whole(2000);
      for (let i = 0; i < 16; i++) numbers[whole(count)] = next();
      const make = [squares, axpy, carry][whole(3)]!;
      const tiles = 1 + whole(12);
      const [shared, alone] = [1, 2].map((place) => make(at, at + place * room, count, tiles));
      for (let done = false; !done;)
        try {
          pool.run(shared!);
          done = true;
        } catch (error) {
          expect(error).toBeInstanceOf(Lost);
          losses++;
        }
      for (const args of alone!.tiles) exports[alone!.kernel]!(...args);
      const words = new Int32Array(memory.buffer, at, (3 * room) / 4);
      const size = room / 4;
      for (let i = 0; i < count; i++)
        if (words[size + i] !== words[2 * size + i]) throw new Error(`job ${job}, number ${i}`);
    }
    expect(losses).toBeLessThanOrEqual(3);
    for (const end = performance.now() + 30_000; pool.threads > 2 && performance.now() < end;) await turn();
    expect({ threads: pool.threads, losses }).toMatchObject({ threads: 2 });
  });
});
