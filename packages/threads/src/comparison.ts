/**
 * Whether it pays to share jobs at all, by trial. One job can't tell: what it leaves in whose cache makes the next ones faster or
 * slower, small ones too, and others may want the processors. So jobs are shared, or not, for a while, and then the other way.
 */
export interface Comparison {
  /** Whether jobs are to be shared at this time, in milliseconds. */
  shares(now: number): boolean;
  /** Records a job: `time` is what it took, `alone` the estimated unshared time (ms). Only counted while sharing is on. */
  count(alone: number, time: number): void;
}

/** Milliseconds of a trial; after that, of what has proved better: at first, and at most. */
const [trial, soonest, latest] = [25, 100, 1000];
/** Sharing pays where jobs take this part of the time at most. */
const worthwhile = 0.97;
/** A job's time is capped at this multiple of its unshared time, so that one interruption does not decide. */
const mostSurprise = 8;

export function createComparison(): Comparison {
  // First alone, to learn how long that takes; then shared, for while nothing is known of it, that is better.
  let [sharing, better, interval] = [false, true, soonest / 2];
  let until: number | undefined;
  // Milliseconds that jobs took since sharing began, and those that they would have taken alone.
  let [shared, alone] = [0, 0];
  return {
    shares(now) {
      until ??= now + trial;
      if (now < until) return sharing;
      if (sharing === better) {
        sharing = !better;
        until = now + trial;
      } else {
        sharing = alone === 0 || shared < worthwhile * alone;
        interval = sharing === better ? Math.min(2 * interval, latest) : soonest;
        better = sharing;
        until = now + interval;
      }
      if (sharing) [shared, alone] = [0, 0];
      return sharing;
    },
    count(predicted, time) {
      alone += predicted;
      shared += Math.min(time, mostSurprise * predicted);
    },
  };
}
