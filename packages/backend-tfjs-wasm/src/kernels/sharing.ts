import { createTeam, type Pool } from '@overparam/threads';
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

/** `probe` lends room that is filled with ones. */
export function sharing(wasm: Exports, pool: Pool | undefined, probe: (use: (at: number) => void) => void): Sharing {
  const calls = wasm as unknown as Record<string, (...args: readonly number[]) => unknown>;
  const team = pool && createTeam(pool);
  // Milliseconds; until they are measured, those of a slow machine.
  let number = 0.5e-6;
  const measure = (): void => {
    if (pool!.threads === 1) return;
    probe((at) => {
      const count = probeBytes / 4;
      let best = Infinity;
      for (let i = 0; i < 20; i++) {
        const start = performance.now();
        wasm.unary(square, at, at, count, 0);
        best = Math.min(best, performance.now() - start);
      }
      // A machine that is busy right now must not keep the threads from helping later; clocks of browsers are coarse.
      number = Math.min(Math.max(best, 0.001), 0.05) / count;
    });
  };

  const inTurn: Sharing['inTurn'] = (kernel, tiles, scratch) => {
    for (const args of tiles)
      calls[kernel]!(...(scratch ? args.map((value, i) => (i === scratch.argument ? scratch.at : value)) : args));
  };
  return {
    threads: () => pool?.threads ?? 1,
    // Where the heap is too full to measure, the times of a slow machine stay.
    ready: team ? team.ready.then(measure).catch(() => {}) : Promise.resolve(),
    parts: (cost) => team?.parts(cost * number) ?? 1,
    share(kernel, tiles, scratch) {
      if (team && tiles.length > 1)
        team.run({ kernel, tiles, scratch: scratch && { ...scratch, size: scratch.bytes } });
      else inTurn(kernel, tiles, scratch);
    },
    inTurn,
  };
}
