import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OverparamError } from '@overparam/core';
import { duration } from '../results/format.ts';
import { studyResults } from '../studies/results.ts';
import {
  forgetStudy,
  readStudyCheckpoint,
  runStudy,
  type StudyCheckpoint,
  type StudyObserver,
} from '../studies/session.ts';
import type { Study } from '../studies/study.ts';
import { deliverFindings } from './deliver-findings.ts';
import { onInterrupt } from './interrupt.ts';
import { liveBar, type LiveBar } from './live-bar.ts';
import { wholeNumber } from './run-options.ts';
import { colorsFor, isTerminal, type Terminal } from './terminal.ts';

/** The options that all studies have, as text. */
export interface StudyCommandOptions {
  readonly out?: string;
  readonly data?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly saveEvery?: string;
  /** The command that goes on with it, where that is another one. */
  readonly again?: string;
}

const INTERRUPTED = 130;

/**
 * `overparam run STUDY`: does its pieces, and writes results.json, report.html and picture.svg. Returns the exit code.
 * @param given the study's own options as text, defaults included
 */
export async function studyCommand(
  study: Study,
  given: Readonly<Record<string, string | undefined>>,
  options: StudyCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const out = options.out ?? join('results', study.name);
  const saveEvery = options.saveEvery === undefined ? 30 : wholeNumber('--save-every', options.saveEvery, 0);
  const settings = await study.settings({ ...given, data: options.data && resolve(options.data) });
  const from = await saved(study, settings, out, options);
  const colors = colorsFor(terminal.stderr);
  terminal.stderr.write(`${colors.bold(study.title)}  ${colors.dim(study.source)}\n`);

  const progress = progressOn(terminal);
  const interrupt = onInterrupt(terminal.stderr, () => progress.close());
  try {
    const outcomes = await runStudy({ study, settings, out, from, saveEvery, ...progress, stop: interrupt.requested });
    progress.close();
    if (!outcomes) {
      const how =
        options.again === undefined ? 'The same command with --resume goes on.' : `To go on:\n  ${options.again}`;
      terminal.stderr.write(`Saved. ${how}\n`);
      return INTERRUPTED;
    }
    const findings = study.findings(outcomes, settings);
    const delivered = await deliverFindings(studyResults(study, settings, outcomes), findings, out);
    await forgetStudy(out);
    delivered.tell(terminal);
    return 0;
  } finally {
    progress.close();
    interrupt.release();
  }
}

async function saved(
  study: Study,
  settings: object,
  out: string,
  { resume, overwrite }: StudyCommandOptions,
): Promise<StudyCheckpoint | undefined> {
  if (resume && overwrite) throw new OverparamError('BAD_OPTION', '--resume and --overwrite exclude each other.');
  if (overwrite) return undefined;
  const left = await readStudyCheckpoint(out).catch((error: unknown) => {
    if (resume) throw error;
    return undefined;
  });
  const begun = left && (left.finished.length > 0 || left.current);
  if (!resume && begun)
    throw new OverparamError(
      'UNFINISHED_SESSION',
      `${out} holds an unfinished session: --resume goes on with it, --overwrite starts again, --out names another folder.`,
    );
  if (!resume) return undefined;
  if (!left)
    throw new OverparamError(
      'NOTHING_TO_RESUME',
      existsSync(join(out, 'results.json'))
        ? `The session in ${out} is finished: its results are in ${join(out, 'results.json')}.`
        : `There is no unfinished session in ${out}: start one without --resume, or name its folder with --out.`,
    );
  const now = JSON.parse(JSON.stringify({ study: study.name, ...settings })) as Record<string, unknown>;
  const then = { study: left.study, ...left.settings } as Record<string, unknown>;
  for (const name of Object.keys({ ...now, ...then }))
    if (JSON.stringify(now[name]) !== JSON.stringify(then[name]))
      throw new OverparamError(
        'CHECKPOINT_FOREIGN',
        `The saved session has ${name} ${JSON.stringify(then[name])}, not ${JSON.stringify(now[name])}: give the options that it was begun with, or choose another folder with --out.`,
      );
  return left;
}

/** A live line on a terminal; a line for each piece elsewhere. */
function progressOn(terminal: Terminal): StudyObserver & { close(): void } {
  const { stderr } = terminal;
  const colors = colorsFor(stderr);
  let bar: LiveBar | undefined;
  const close = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    started({ label }, index, count) {
      if (isTerminal(stderr)) bar = liveBar(terminal, `${index + 1}/${count} ${label}`);
    },
    progressed: ({ done, text }) => bar?.update(done, text),
    finished({ label }, index, count, seconds) {
      close();
      stderr.write(`${colors.bold(`${index + 1}/${count} ${label}`)}  ${colors.dim(duration(seconds))}\n`);
    },
    close,
  };
}
