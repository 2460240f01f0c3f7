/**
 * The block of shared memory in which the calling thread and its workers meet: 32-bit words, then the arguments of the tiles.
 * `job` counts the jobs. Each thread has tiles of its own, neighbours, so that what it wrote in one job it finds in its cache in the
 * next; who is done helps the others. `left` holds the number of the job and, in its lowest bits, how many of a thread's tiles nobody
 * has taken yet: who takes one decreases the word, which fails when another was quicker, or when the word is of a job long done.
 */
export const control = {
  job: 0,
  sleepers: 1,
  callerWaits: 2,
  failed: 3,
  kernel: 4,
  argumentCount: 5,
  /** Which argument is the thread's own scratch, -1 for none; where scratch starts, and how much each thread has. */
  scratchArgument: 6,
  scratchAt: 7,
  scratchSize: 8,
  pages: 9,
  /** Microseconds for which a worker without work stays awake. */
  spin: 10,
  /** How many threads there were at the start. */
  threads: 11,
  /**
   * A line of the cache for each thread from here on, the calling one first: how many of its tiles nobody has taken yet, and the
   * first of them; whether it may be at a tile, and whether it is dismissed.
   */
  slots: 16,
  slotSize: 16,
  left: 0,
  first: 1,
  busy: 2,
  dismissed: 3,
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
