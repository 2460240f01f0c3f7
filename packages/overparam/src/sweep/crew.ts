import type { Configuration } from './configuration.ts';
import type { FinishedRun } from './finished-run.ts';
import type { WorkProgress } from './work.ts';

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What a crew reports; runs have the hash of their configuration for a name. */
export interface CrewObserver {
  progressed(hash: string, progress: WorkProgress): void;
  /** Awaited: then the run is stored. */
  finished(hash: string, run: FinishedRun): Promise<void>;
  failed(hash: string, failure: Failure): void;
  /** How many messages have been refused so far, by the code of the reason. */
  refused?(reasons: Readonly<Record<string, number>>): void;
}

/**
 * Does runs, in any order, by whoever works for it.
 * @returns when each has finished or failed, or has been saved after the signal
 */
export type Crew = (
  runs: ReadonlyMap<string, Configuration>,
  observer: CrewObserver,
  signal: AbortSignal,
) => Promise<void>;
