/** How long the jobs of a kernel take on one thread, beside rough estimates. */
export interface Experience {
  /** The expected time of a job in milliseconds, from its estimate. */
  predict(estimate: number): number;
  /** Records that a job with this estimate, in milliseconds, took `time`. */
  learn(estimate: number, time: number): void;
  /** Whether it has learned from any job. */
  readonly met: boolean;
}

/** What remains of a job's weight after the next one. */
const memory = 15 / 16;
/** Milliseconds of jobs that took as long as they were estimated, with which each kernel starts. */
const trust = 0.05;
/** Observed times are clamped to within this factor of the prediction, since a job may be interrupted or the clock coarse. */
const mostSurprise = 4;

/** An estimate is corrected by the ratio of all times to all estimates, of which the older count less. */
export function createExperience(): Experience {
  let [estimates, times, met] = [trust, trust, false];
  const predict: Experience['predict'] = (estimate) => estimate * (times / estimates);
  return {
    predict,
    learn(estimate, time) {
      const predicted = predict(estimate);
      estimates = memory * estimates + estimate;
      times = memory * times + within(predicted / mostSurprise, time, mostSurprise * predicted);
      met = true;
    },
    get met() {
      return met;
    },
  };
}

/** The number of the interval [low, high] that is the nearest. */
export const within = (low: number, value: number, high: number): number => Math.min(Math.max(value, low), high);
