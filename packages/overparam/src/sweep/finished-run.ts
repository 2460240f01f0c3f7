import { OverparamError } from '@overparam/core';
import * as v from 'valibot';
import { summarize, byMethod } from '../figures/index.ts';
import { describeIssue, resultsSchema, type Results } from '../results/results.ts';
import { studies } from '../studies/index.ts';
import { studyResultsSchema, type StudyResults } from '../studies/results.ts';
import { configurationSchema, hashOf, type Configuration } from './configuration.ts';

/** A run of a sweep that is done: as it is stored, and as a worker sends it. */
export interface FinishedRun {
  readonly format: 'overparam-sweep-run';
  readonly version: 1;
  readonly configuration: Configuration;
  /** What `overparam run` writes into results.json. */
  readonly results: Results | StudyResults;
}

export const RUN_FORMAT = 'overparam-sweep-run';
const VERSION = 1;

export const finishedRun = (configuration: Configuration, results: Results | StudyResults): FinishedRun => ({
  format: RUN_FORMAT,
  version: VERSION,
  configuration,
  results,
});

const schema: v.GenericSchema<unknown, FinishedRun> = v.strictObject({
  format: v.literal(RUN_FORMAT),
  version: v.literal(VERSION),
  configuration: configurationSchema,
  results: v.union([resultsSchema, studyResultsSchema], 'no results of a run'),
});

/**
 * A run from a file or from a message, when it is the one of that hash.
 * @throws OverparamError `RUN_DAMAGED`, `RUN_NEWER`
 */
export function parseFinishedRun(json: string, hash: string): FinishedRun {
  const damaged = (why: string): Error => new OverparamError('RUN_DAMAGED', `The run ${hash} cannot be read: ${why}.`);
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    throw damaged('it is not JSON');
  }
  const { format, version } = (data ?? {}) as { format?: unknown; version?: unknown };
  if (format === RUN_FORMAT && typeof version === 'number' && version > VERSION)
    throw new OverparamError('RUN_NEWER', `The run ${hash} has format version ${version}: update overparam.`);
  const { success, output, issues } = v.safeParse(schema, data);
  if (!success) throw damaged(describeIssue(issues[0]));
  const { configuration, results } = output;
  const of = results.format === 'overparam-results' ? results.plan.experiment : results.study;
  if (hashOf(configuration) !== hash || of !== configuration.experiment || measuresOf(output) === undefined)
    throw damaged('it is another run');
  return output;
}

/** The numbers by which a sweep compares its runs; null where one is not finite. */
export function measuresOf({ results }: FinishedRun): Readonly<Record<string, number | null>> | undefined {
  if (results.format === 'overparam-study') {
    const study = studies.find(({ name }) => name === results.study);
    const seconds = results.pieces.reduce((sum, piece) => sum + piece.seconds, 0);
    try {
      const measures = results.pieces.length === 1 ? study?.measures?.(results.pieces[0]!.result) : undefined;
      return measures && { ...measures, 'time (s)': seconds };
    } catch {
      // Pieces of a form that the study does not know.
      return undefined;
    }
  }
  const methods = byMethod(results);
  if (methods.length !== 1) return undefined;
  const { trainLoss, testAccuracy, bestTestAccuracy, evaluationsPerStep, seconds } = summarize(methods[0]!);
  return {
    'train loss': trainLoss,
    'test accuracy (%)': 100 * testAccuracy,
    'best test accuracy (%)': 100 * bestTestAccuracy,
    'evaluations a step': evaluationsPerStep,
    'time (s)': seconds,
  };
}
