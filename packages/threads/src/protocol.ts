import { control as c, maxTiles } from './control.ts';
import { type Words } from './words.ts';

/**
 * The calling thread's side of the protocol; {@link workerTurn} in worker.ts is the other side.
 *
 * A job consists of tiles, numbered from 0. Each thread owns a range of them, described by two words of its slot: `first`
 * and `left`, which holds the number of the job and how many tiles of the range nobody has taken. The tiles of a range are
 * taken from its end.
 *
 * 1. The caller writes what the job is, then `first` and `left` of every slot, and last the number of the job. Then it wakes
 *    the workers that are `asleep`.
 * 2. Whoever wants a tile decreases `left` by a compare-and-exchange, first in its own slot and then in others. That fails if
 *    another thread was quicker, or if the word is of an earlier job.
 * 3. A worker sets its `busy` before the compare-and-exchange, and clears it after the tile, or after a failure. So if no tile
 *    is left and `busy` is 0, the worker computes nothing; if it is 1, it may be about to fail.
 * 4. When no tile is left, the caller waits for every worker until it has seen `busy` = 0 once. A worker whose `busy` was 1 at
 *    every look until the time limit is lost. The caller decides this by the look that ended the waiting, and by no later
 *    one: `busy` may be 1 again for a moment, for a worker that fails to take a tile.
 * 5. A lost worker is dismissed. It may still run for a while, but it takes no tile of a later job: it reads `left`, then
 *    `dismissed`, and then exchanges; if it was dismissed in between, `left` has another job's number by the next job.
 * 6. A worker without work notes the number of the job before it looks for tiles and at `dismissed`. It sleeps only while the
 *    number is the same, and sets `asleep` before that, so the caller wakes it or it does not fall asleep.
 *
 * The test of this file runs both sides in every order, with the death of a worker at any point.
 */
export const jobStep: number = 2 * maxTiles;

/** Milliseconds of one wait. A sleep of the whole machine counts as one of them. */
const slice = 50;

/** Gives each thread its range of the tiles, under the number of a new job. */
export function publish(words: Words, slots: readonly number[], tiles: number): void {
  const job = (words.load(c.job) + 1) | 0;
  let first = 0;
  slots.forEach((slot, i) => {
    const end = Math.ceil((tiles * (i + 1)) / slots.length);
    words.store(slot + c.first, first);
    words.store(slot + c.left, (job * jobStep + end - first) | 0);
    first = end;
  });
  words.store(c.job, job);
  // The caller itself, the first, is not asleep.
  for (let i = 1; i < slots.length; i++) if (words.load(slots[i]! + c.asleep) !== 0) return words.notify(c.job);
}

/** How many tiles of a slot nobody has taken. */
const leftAt = (word: number): number => word & (jobStep - 1);

/** Takes a tile: returns its number, or -1 if none is left. */
function take(words: Words, slots: readonly number[]): number {
  for (const slot of slots)
    for (;;) {
      const word = words.load(slot + c.left);
      const left = leftAt(word);
      if (left === 0) break;
      if (words.compareExchange(slot + c.left, word, word - 1) === word) return words.load(slot + c.first) + left - 1;
    }
  return -1;
}

/** Whether there is a tile that nobody has taken. */
export const isLeft = (words: Words, slots: readonly number[]): boolean =>
  slots.some((slot) => leftAt(words.load(slot + c.left)) !== 0);

/**
 * Takes all tiles that are left, without computing them, and waits until no worker is at a tile.
 *
 * @param limit milliseconds for each worker
 * @returns the slots of the workers that are lost: they were busy all the time
 */
export function finish(words: Words, slots: readonly number[], limit: number, now: () => number): readonly number[] {
  while (take(words, slots) >= 0);
  return slots.slice(1).filter((slot) => !becomesIdle(words, slot + c.busy, limit, now));
}

function becomesIdle(words: Words, busy: number, limit: number, now: () => number): boolean {
  if (words.spinWhile(busy, 1)) return true;
  words.store(c.callerWaits, 1);
  let idle = false;
  for (let waited = 0; !idle && waited < limit;) {
    const start = now();
    idle = words.wait(busy, 1, slice);
    waited += Math.min(slice, now() - start);
  }
  words.store(c.callerWaits, 0);
  return idle;
}

export interface SharedJob {
  readonly tiles: number;
  /** Writes what the job is, where workers read it. */
  describe(): void;
  /** Computes a tile on the calling thread; an exception ends the job. */
  compute(tile: number): void;
  /** Milliseconds that a worker may still need when no tile is left. */
  limit(): number;
  now(): number;
  /** Called when no worker is at a tile any more, with the slots of those that are lost. */
  ended(lost: readonly number[]): void;
}

/** Runs a job on the calling thread, the first of the slots, and the workers of the others. */
export function share(words: Words, slots: readonly number[], job: SharedJob): void {
  job.describe();
  publish(words, slots, job.tiles);
  try {
    for (let tile = take(words, slots); tile >= 0; tile = take(words, slots)) job.compute(tile);
  } finally {
    // After an exception, too, nobody may be left at work on memory that the caller is going to free.
    job.ended(finish(words, slots, job.limit(), () => job.now()));
  }
}

/** Dismisses workers, and wakes them so that they notice. */
export function dismissAll(words: Words, slots: readonly number[]): void {
  for (const slot of slots.slice(1)) words.store(slot + c.dismissed, 1);
  publish(words, slots, 0);
}
