/** Corrects estimates of how long jobs take by how long jobs of the same kernel took. */
export interface Experience {
  /** Milliseconds that a job will take which is estimated to take so many. */
  predict(estimate: number): number;
  /** One that was estimated to take so many milliseconds took `time`. */
  learn(estimate: number, time: number): void;
}

/** What remains of a job's weight after the next one. */
const memory = 15 / 16;
/** Milliseconds of jobs that took as long as they were estimated, to begin with. */
const trust = 0.05;
/** A job may be interrupted, or the clock coarse: it counts for so many times as long as it was predicted to take at most, or the like part. */
const mostSurprise = 4;

/** The correction is the ratio of all times to all estimates, of which the older count less. */
export function createExperience(): Experience {
  let [estimates, times] = [trust, trust];
  return {
    predict: (estimate) => estimate * (times / estimates),
    learn(estimate, time) {
      if (estimate === 0) return;
      const predicted = estimate * (times / estimates);
      estimates = memory * estimates + estimate;
      times = memory * times + within(predicted / mostSurprise, time, mostSurprise * predicted);
    },
  };
}

/** The number of the interval [low, high] that is the nearest. */
export const within = (low: number, value: number, high: number): number => Math.min(Math.max(value, low), high);
