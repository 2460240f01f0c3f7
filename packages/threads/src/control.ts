/**
 * The layout of the shared block in which the calling thread and its workers meet: 32-bit words, then the arguments of the
 * tiles. protocol.ts says how they are used.
 */
export const control = {
  /** The number of the job. */
  job: 0,
  /** 1 while the calling thread waits for a worker, which then notifies it. */
  callerWaits: 2,
  /** 1 when a tile of the job has failed. */
  failed: 3,
  kernel: 4,
  argumentCount: 5,
  /** Which argument is the thread's own scratch, -1 for none; where scratch starts, and how much each thread has. */
  scratchArgument: 6,
  scratchAt: 7,
  scratchSize: 8,
  pages: 9,
  /** Microseconds that a worker without work spins before it sleeps. */
  spin: 10,
  /** How many threads there were at the start. */
  threads: 11,
  /** From here on, each thread has a slot of one cache line: the calling thread the first, then the workers. */
  slots: 16,
  slotSize: 16,
  /** The number of the job times 2 maxTiles, plus how many of the thread's tiles nobody has taken. */
  left: 0,
  /** The first of the thread's tiles. */
  first: 1,
  /** 1 while the worker is at a tile, or about to take one. */
  busy: 2,
  /** 1 when the worker is to end. */
  dismissed: 3,
  /** 1 while the worker sleeps, or is about to. */
  asleep: 4,
} as const;

export const maxThreads: number = 64;
export const maxTiles: number = 512;
export const maxArguments: number = 24;

const words = control.slots + control.slotSize * maxThreads;

export interface Block {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The arguments of tile i from i maxArguments on. */
  readonly table: Float64Array<SharedArrayBuffer>;
}

export function createBlock(): Block {
  const buffer = new SharedArrayBuffer(4 * words + 8 * maxTiles * maxArguments);
  return { words: new Int32Array(buffer, 0, words), table: new Float64Array(buffer, 4 * words) };
}
