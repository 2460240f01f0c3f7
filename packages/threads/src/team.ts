import { type Job, type Pool } from './pool.ts';

/** A pool, and when it pays to share work with it. */
export interface Team {
  /** Resolves when the workers have started, and it is known how long it takes to reach them; never rejects. */
  readonly ready: Promise<void>;
  /** In how many parts a job pays that takes one thread so many milliseconds; 1 where it does not pay to share it. */
  parts(milliseconds: number): number;
  /**
   * Computes the tiles on all threads.
   * @throws what the pool's `lost` makes
   */
  run(job: Job): void;
}

/** So many milliseconds saved make good for as many lost. */
const mostSaved = 1;

/** Judges a pool by how long its workers take to be reached, and by what sharing has saved of late. */
export function createTeam(pool: Pool): Team {
  // Milliseconds; until they are measured, those of a slow machine.
  let latency = { asleep: 0.05, awake: 0.005 };
  const measure = (): void => {
    if (pool.threads === 1) return;
    const { asleep, awake } = pool.latency();
    // A machine that is busy right now must not keep the threads from helping later; clocks of browsers are coarse.
    latency = { asleep: within(0.01, asleep, 0.2), awake: within(0.002, awake, 0.05) };
  };

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

  return {
    ready: pool.ready.then(measure),
    parts(milliseconds) {
      const { threads } = pool;
      if (threads === 1) return 1;
      const needed = pool.sleeping > 0 ? 3 * latency.asleep : 4 * latency.awake;
      if (milliseconds < needed) return 1;
      if (resting > 0) {
        resting--;
        return 1;
      }
      // Two parts for each thread where there is time: one that comes late or is interrupted leaves more to the others.
      return milliseconds < 8 * needed ? threads : 2 * threads;
    },
    run: (job) => judge(pool.run(job)),
  };
}

const within = (low: number, value: number, high: number): number => Math.min(Math.max(value, low), high);
