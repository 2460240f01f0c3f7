import { join, resolve } from 'node:path';
import { OverparamError } from '@overparam/core';
import { duration } from '../results/format.ts';
import { studyResults } from '../studies/results.ts';
import { continuation, forgetCheckpoints } from '../session/continuation.ts';
import { claimFolder } from '../session/folder-lock.ts';
import { readStudyCheckpoint, runStudy, type StudyCheckpoint, type StudyObserver } from '../studies/session.ts';
import type { Study } from '../studies/study.ts';
import { showFindings, writeFindings } from './findings.ts';
import { onInterrupt, type Interrupt } from './interrupt.ts';
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
  /** The command that continues, where it is another one. */
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
  const release = await claimFolder(out);
  const progress = progressOn(terminal);
  let interrupt: Interrupt | undefined;
  try {
    const begun = ({ finished, current }: StudyCheckpoint): boolean => finished.length > 0 || current !== null;
    const from = await continuation(out, options, () => readStudyCheckpoint(out), begun);
    if (from) agree(study, settings, from);
    interrupt = onInterrupt(terminal, () => progress.close());
    const colors = colorsFor(terminal.stderr);
    terminal.stderr.write(`${colors.bold(study.title)}  ${colors.dim(study.source)}\n`);
    const outcomes = await runStudy({ study, settings, out, from, saveEvery, ...progress, stop: interrupt.requested });
    progress.close();
    if (!outcomes) {
      const how =
        options.again === undefined ? 'The same command with --resume continues.' : `To continue:\n  ${options.again}`;
      terminal.stderr.write(`Saved. ${how}\n`);
      return INTERRUPTED;
    }
    const findings = study.findings(outcomes, settings);
    await writeFindings(studyResults(study, settings, outcomes), findings, out);
    await forgetCheckpoints(out);
    showFindings(findings, out, terminal);
    return 0;
  } finally {
    progress.close();
    interrupt?.release();
    await release();
  }
}

/** @throws OverparamError `CHECKPOINT_FOREIGN`, which names the option that differs */
function agree(study: Study, settings: object, left: StudyCheckpoint): void {
  const now = JSON.parse(JSON.stringify({ study: study.name, ...settings })) as Record<string, unknown>;
  const then = { study: left.study, ...left.settings } as Record<string, unknown>;
  for (const name of Object.keys({ ...now, ...then }))
    if (JSON.stringify(now[name]) !== JSON.stringify(then[name]))
      throw new OverparamError(
        'CHECKPOINT_FOREIGN',
        `The saved session has ${name} ${JSON.stringify(then[name])}, not ${JSON.stringify(now[name])}: give the options that it was started with, or choose another folder with --out.`,
      );
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
