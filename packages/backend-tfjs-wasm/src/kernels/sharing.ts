import { type Pool } from '../threads/pool.ts';
import { type Exports } from './exports.ts';

type Scratch = { readonly argument: number; readonly at: number; readonly bytes: number };

/** How kernels use the threads. */
export interface Sharing {
  /** How many threads compute, the calling one included. */
  threads(): number;
  /** Resolves when the threads have started, and it is known from what cost on they pay. */
  readonly ready: Promise<void>;
  /**
   * In how many parts a job pays that costs so much, in numbers that pass through a simple function; 1 where it does not pay to
   * share it.
   */
  parts(cost: number): number;
  /**
   * Calls a kernel once for each list of arguments, on all threads. The calls must not touch one another's results. Where a call
   * wants room of its own, `scratch` says which argument it is, and that there are `bytes` for each thread at `at`.
   */
  share(kernel: keyof Exports, calls: readonly (readonly number[])[], scratch?: Scratch): void;
  /** The same calls, one after the other on the calling thread. */
  inTurn(kernel: keyof Exports, calls: readonly (readonly number[])[], scratch?: Scratch): void;
}

/** Cost of one multiply-add of a product, in numbers that pass through a simple function. */
export const multiplyAdd: number = 1 / 6;
/** Cost of an exponential, a logarithm or the like. */
export const transcendental: number = 4;

/** Bytes that `sharing` wants to time a kernel on. */
export const probeBytes: number = 65536;
const square = 15;
/** So many milliseconds saved make good for as many lost. */
const mostSaved = 1;

/** `probe` lends room that is filled with ones. */
export function sharing(wasm: Exports, pool: Pool | undefined, probe: (use: (at: number) => void) => void): Sharing {
  const calls = wasm as unknown as Record<string, (...args: readonly number[]) => unknown>;
  // Milliseconds; until they are measured, those of a slow machine.
  let number = 0.5e-6;
  let latency = { asleep: 0.05, awake: 0.005 };

  // What sharing has saved of late, in milliseconds; where it costs instead, for others want the processors, the calling thread
  // computes a number of jobs alone before it tries again, and twice as many each time that it fails.
  let [saved, pause, resting] = [0, 0, 0];
  const judge = (saving: number): void => {
    saved = Math.min(saved + saving, mostSaved);
    if (saved === mostSaved) pause = 0;
    if (saved >= 0) return;
    pause = Math.min(Math.max(8, 2 * pause), 1024);
    [saved, resting] = [0, pause];
  };

  const measure = (): void => {
    if (!pool || pool.threads === 1) return;
    const { asleep, awake } = pool.latency();
    // A machine that is busy right now must not keep the threads from helping later; clocks of browsers are coarse.
    latency = { asleep: within(0.01, asleep, 0.2), awake: within(0.002, awake, 0.05) };
    probe((at) => {
      const count = probeBytes / 4;
      let best = Infinity;
      for (let i = 0; i < 20; i++) {
        const start = performance.now();
        wasm.unary(square, at, at, count, 0);
        best = Math.min(best, performance.now() - start);
      }
      number = within(0.001, best, 0.05) / count;
    });
  };

  const inTurn: Sharing['inTurn'] = (kernel, tiles, scratch) => {
    for (const args of tiles)
      calls[kernel]!(...(scratch ? args.map((value, i) => (i === scratch.argument ? scratch.at : value)) : args));
  };
  return {
    threads: () => pool?.threads ?? 1,
    // Where the heap is too full to measure, the times of a slow machine stay.
    ready: pool ? pool.ready.then(measure).catch(() => {}) : Promise.resolve(),
    parts(cost) {
      const threads = pool?.threads ?? 1;
      if (threads === 1) return 1;
      const time = cost * number;
      const needed = pool!.sleeping > 0 ? 3 * latency.asleep : 4 * latency.awake;
      if (time < needed) return 1;
      if (resting > 0) {
        resting--;
        return 1;
      }
      // Two parts for each thread where there is time: one that comes late or is interrupted leaves more to the others.
      return time < 8 * needed ? threads : 2 * threads;
    },
    share(kernel, tiles, scratch) {
      if (pool && tiles.length > 1) judge(pool.run({ kernel, tiles, scratch }));
      else inTurn(kernel, tiles, scratch);
    },
    inTurn,
  };
}

const within = (low: number, value: number, high: number): number => Math.min(Math.max(value, low), high);
