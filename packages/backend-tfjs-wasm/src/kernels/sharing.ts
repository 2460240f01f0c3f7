import { type Compute, createTeam, inTurn, type Pool } from '@overparam/threads';
import { type Exports } from './exports.ts';

/** How kernels use the threads. */
export interface Sharing {
  /** How many threads compute, the calling one included. */
  threads(): number;
  /** Resolves when the threads have started, and it is known how long it takes to reach them. */
  readonly ready: Promise<void>;
  /**
   * Calls `use` with the number of parts into which it pays to cut a job, 1 where it does not pay to share it, and with what then
   * calls the kernel once for each list of arguments. The calls must not touch one another's results.
   *
   * @param cost in numbers that pass through a simple function
   */
  share(kernel: keyof Exports, cost: number, use: (parts: number, compute: Compute) => void): void;
}

/** Cost of one multiply-add of a product, in numbers that pass through a simple function. */
export const multiplyAdd: number = 1 / 6;
/** Cost of an exponential, a logarithm or the like. */
export const transcendental: number = 4;

/** Approximate cost, in ms, of one element of a simple element-wise function. */
const number = 0.3e-6;

/** Jobs of fewer milliseconds are not worth sharing in a program: reaching another thread costs about as much. */
const leastShared = 0.04;

/** Into how many parts a job of a program is cut, so that threads can share it. */
export const partsToRecord = (cost: number, threads: number): number =>
  threads === 1 || cost * number < leastShared ? 1 : 2 * threads;

export function sharing(wasm: Exports, pool: Pool | undefined): Sharing {
  const exports = wasm as unknown as Parameters<typeof inTurn>[0];
  const team = pool && createTeam(pool);
  return {
    threads: () => pool?.threads ?? 1,
    ready: team?.ready ?? Promise.resolve(),
    share(kernel, cost, use) {
      if (team) team.share(kernel, cost * number, use);
      else use(1, (tiles, scratch) => inTurn(exports, { kernel, tiles, scratch }));
    },
  };
}
