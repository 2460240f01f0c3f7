import { cpus } from 'node:os';
import type { Outcome, Piece, Study } from './study.ts';

/** The content of a study's results.json. */
export interface StudyResults {
  readonly format: 'overparam-study';
  readonly version: 1;
  readonly study: string;
  readonly title: string;
  readonly source: string;
  /** ISO 8601 */
  readonly finished: string;
  readonly environment: { readonly node: string; readonly platform: string; readonly processor: string };
  readonly settings: object;
  readonly pieces: readonly Outcome<Piece, unknown>[];
}

export const studyResults = (
  { name, title, source }: Study,
  settings: object,
  pieces: readonly Outcome<Piece, unknown>[],
): StudyResults => ({
  format: 'overparam-study',
  version: 1,
  study: name,
  title,
  source,
  finished: new Date().toISOString(),
  environment: {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
  },
  settings,
  pieces,
});
