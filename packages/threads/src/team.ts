import { createComparison } from './comparison.ts';
import { createExperience, type Experience, within } from './experience.ts';
import { type Job, type Pool, spin } from './pool.ts';

/** Computes the tiles of a job; to be called once. */
export type Compute = (tiles: Job['tiles'], scratch?: Job['scratch']) => void;

/** A pool that judges when it pays to share a job. */
export interface Team {
  /** Resolves when the workers have started, and it is known how long it takes to reach them; never rejects. */
  readonly ready: Promise<void>;
  /**
   * Calls `use` with the number of parts into which it pays to cut a job, 1 where it does not pay to share it, and with what computes
   * them then.
   *
   * @param estimate milliseconds that the job takes on one thread, roughly: by how much the estimates of a kernel err is learned
   * from its jobs. With Infinity it is shared anyway.
   * @throws what the pool's `lost` makes
   */
  share(kernel: string, estimate: number, use: (parts: number, compute: Compute) => void): void;
}

/** Milliseconds to reach a worker, where a machine is slow, and the clock coarse. */
const slowest = { asleep: 0.2, awake: 0.02 };

/** Jobs of fewer milliseconds are done before it is decided whether to share them. */
const smallest = 0.005;

/**
 * Minimum duration of a part, as a multiple of the wake-up latency (splitting costs the caller about that much). Doubled
 * after an unshared job, whose output is only in the caller's cache.
 */
const leastPart = 8;

/** Milliseconds from which on a part is cut further, and into how many parts at most. */
const [longPart, mostParts] = [0.15, 2];

/** Judges by how long it takes to reach the pool's workers, how long the jobs of each kernel take, and whether sharing them has paid. */
export function createTeam(pool: Pool): Team {
  const comparison = createComparison();
  const kernels = new Map<string, Experience>();
  const experienceOf = (kernel: string): Experience => {
    let known = kernels.get(kernel);
    if (!known) kernels.set(kernel, (known = createExperience()));
    return known;
  };
  // Milliseconds until a worker is reached; until they are measured, those of a slow machine.
  let [asleep, awake] = [slowest.asleep, slowest.awake];
  const measureAwake = (): void => void (awake = within(0.003, pool.reach(), awake));
  const measure = (): void => {
    for (let i = 0; i < 3 && pool.threads > 1; i++) {
      for (const start = performance.now(); pool.sleeping < pool.threads - 1 && performance.now() < start + 2 * spin;);
      asleep = within(0.02, pool.reach(), asleep);
      for (let j = 0; j < 20; j++) measureAwake();
    }
  };
  // The machine may have been busy then, as with compiling: the first jobs, which leave the workers awake, measure once more.
  let measurements = 20;
  const measureAgain = (): void => void (measurements-- > 0 && measureAwake());

  // Workers that sleep are woken when as much was forgone since they last were as it costs, by jobs that follow one another so closely
  // that they will be awake for the next ones.
  let [forgone, lastForgone] = [0, 0];
  const paysToWake = (saving: number): boolean => {
    const now = performance.now();
    forgone = now < lastForgone + spin ? forgone + saving : saving;
    lastForgone = now;
    if (forgone < asleep) return false;
    forgone = 0;
    return true;
  };

  let shared = false;
  const partsOf = (time: number): number => {
    const parts = Math.min(pool.threads, Math.floor(time / ((shared ? 1 : 2) * leastPart * awake)));
    if (parts < 2) return 1;
    if (pool.sleeping > 0 && !paysToWake(time - time / parts)) return 1;
    // Several parts for each thread where there is time: one that comes late, is slower or interrupted leaves more to the others.
    return parts * within(1, Math.floor(time / (parts * longPart)), mostParts);
  };

  return {
    ready: pool.ready.then(measure),
    share(kernel, estimate, use) {
      if (estimate < smallest || pool.threads === 1)
        return use(1, (tiles, scratch) => pool.alone({ kernel, tiles, scratch }));
      if (estimate === Infinity)
        return use(mostParts * pool.threads, (tiles, scratch) => pool.run({ kernel, tiles, scratch }));
      const experience = experienceOf(kernel);
      const time = experience.predict(estimate);
      const start = performance.now();
      const sharing = comparison.shares(start);
      const parts = sharing ? partsOf(time) : 1;
      if (time >= awake) shared = parts > 1;
      use(parts, (tiles, scratch) => {
        pool[parts > 1 ? 'run' : 'alone']({ kernel, tiles, scratch });
        const took = performance.now() - start;
        if (!sharing) experience.learn(estimate, took);
        else if (experience.met) comparison.count(time, took);
        if (parts > 1) measureAgain();
      });
    },
  };
}
