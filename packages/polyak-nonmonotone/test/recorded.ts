import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { LeastSquares } from './least-squares.ts';

const folder = new URL('../../../../shared/fixtures/ponos/', import.meta.url);

/** Whether the recorded trajectories are there. */
export const recorded: boolean = existsSync(folder);

export interface RecordedProblem extends LeastSquares {
  readonly batches: readonly (readonly number[])[];
}

export interface RecordedIteration {
  readonly loss: number;
  readonly gnorm2?: number;
  readonly eta0?: number;
  readonly trials?: readonly (readonly [number, number, number])[];
  readonly nbt?: number;
  readonly found?: number;
  readonly eta: number;
  readonly ref?: number;
  readonly C?: number;
  readonly Q?: number;
  readonly lk_out?: number;
  readonly loss_next?: number;
  readonly wnorm?: number;
  readonly w_after?: readonly number[];
  readonly w_before?: readonly number[];
}

export interface RecordedRun {
  readonly optimizer: string;
  readonly hyper: Readonly<Record<string, number | string | boolean | null>>;
  readonly n_batches_per_epoch: number;
  readonly iterations: readonly RecordedIteration[];
}

const read = (name: string): unknown => JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString());

export const recordedProblem = (): RecordedProblem => read('lsq-problem.json.gz') as RecordedProblem;

/** The recorded runs on that problem, by file name. */
export const recordedRuns = (): ReadonlyMap<string, RecordedRun> =>
  new Map(
    recorded
      ? readdirSync(folder)
          .filter((file) => file.startsWith('lsq-') && file !== 'lsq-problem.json.gz')
          .sort()
          .map((file) => [file.slice('lsq-'.length, -'.json.gz'.length), read(file) as RecordedRun])
      : [],
  );
