import { environment, type Environment } from '../results/environment.ts';
import { hashOf, type Configuration } from './configuration.ts';
import type { Failure } from './crew.ts';
import { measuresOf, type FinishedRun } from './finished-run.ts';
import type { SweepFile } from './sweep-file.ts';

/** The content of a sweep's results.json. */
export interface SweepResults {
  readonly format: 'overparam-sweep';
  readonly version: 1;
  readonly title: string;
  readonly source: string;
  /** ISO 8601 */
  readonly finished: string;
  readonly environment: Environment;
  readonly settings: object;
  readonly runs: readonly {
    /** The whole of it is in runs/HASH.json. */
    readonly hash: string;
    readonly configuration: Configuration;
    readonly measures: Readonly<Record<string, number | null>>;
  }[];
  readonly failed: readonly { readonly configuration: Configuration; readonly failure: Failure }[];
}

export function sweepResults(
  sweep: SweepFile,
  runs: readonly FinishedRun[],
  failed: SweepResults['failed'],
): SweepResults {
  const { title, source } = runs[0]!.results;
  return {
    format: 'overparam-sweep',
    version: 1,
    title: `Sweep: ${title}`,
    source,
    finished: new Date().toISOString(),
    environment: environment(),
    settings: { experiment: sweep.experiment, options: JSON.stringify(sweep.options), ...sweep.random },
    runs: runs.map((run) => ({
      hash: hashOf(run.configuration),
      configuration: run.configuration,
      measures: measuresOf(run)!,
    })),
    failed,
  };
}
