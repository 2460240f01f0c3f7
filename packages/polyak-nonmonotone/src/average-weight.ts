import { type LinearDecay } from './linear-decay.ts';

/** The average takes one point of so many: neighbours differ little, and each costs a pass over the parameters. */
const EVERY = 4;

/**
 * The weight of w_{k+1} in the average of points: 9 / (t + 8) for the t-th point that is taken, so that about the last
 * ninth of the run counts (Shamir and Zhang 2013, arXiv 1212.1824, polynomial-decay averaging with eta = 8). undefined:
 * it is not taken. A run that decays to its end needs no average; one that began without an end leaves its own behind.
 */
export function averageWeight(k: number, decay: LinearDecay | null): number | undefined {
  if (decay) return decay.start >= EVERY ? 1 : undefined;
  const t = (k + 1) / EVERY;
  return Number.isInteger(t) ? 9 / (t + 8) : undefined;
}
