import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import { environment, type Environment } from '../results/environment.ts';
import { describeIssue } from '../results/results.ts';
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
  readonly environment: Environment;
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
  environment: environment(),
  settings,
  pieces,
});

const text = v.pipe(v.string(), v.maxLength(1000));

export const studyResultsSchema: v.GenericSchema<unknown, StudyResults> = v.strictObject({
  format: v.literal('overparam-study'),
  version: v.literal(1),
  study: text,
  title: text,
  source: text,
  finished: v.pipe(v.string(), v.isoTimestamp()),
  environment: v.strictObject({ node: text, platform: text, processor: text }),
  settings: v.looseObject({}),
  pieces: v.array(
    v.strictObject({
      piece: v.looseObject({ label: text }),
      result: v.unknown(),
      seconds: v.number(),
    }),
  ),
});

/**
 * The results in a study's results.json.
 * @throws OverparamError `RESULTS_DAMAGED`
 */
export function parseStudyResults(json: string): StudyResults {
  const { success, output, issues } = v.safeParse(v.pipe(v.string(), v.parseJson(), studyResultsSchema), json);
  if (success) return output;
  throw new OverparamError('RESULTS_DAMAGED', `The results cannot be read: ${describeIssue(issues[0])}.`);
}
