import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { OverparamError } from '@overparam/core';
import { parts, type Part } from '../demo/parts.ts';
import { sectionOf, shownOf, type Shown } from '../demo/shown.ts';
import { pageOf } from '../report/page.ts';
import { gridPicture } from '../report/picture.ts';
import { environment } from '../results/environment.ts';
import { forgetCheckpoints, isUnfinished } from '../session/continuation.ts';
import { claimFolder } from '../session/folder-lock.ts';
import { isFinished, removeOutput, writeOutput } from '../session/output.ts';
import { studies } from '../studies/index.ts';
import { optionNames } from '../studies/study.ts';
import { version } from '../version.ts';
import { runCommand } from './run-command.ts';
import { studyCommand } from './study-command.ts';
import { colorsFor, isTerminal, type Terminal } from './terminal.ts';

/** The options of `overparam demo`. */
export interface DemoOptions {
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly open: boolean;
}

const TITLE = 'overparam: training of over-parameterised models, on this machine';

/** `overparam demo`: each system on its smallest experiment, and one report. Returns the exit code. */
export async function demoCommand(
  options: DemoOptions,
  terminal: Terminal,
  only: readonly Part[] = parts,
): Promise<number> {
  const { out = join('results', 'demo'), resume, overwrite } = options;
  if (resume && overwrite) throw new OverparamError('BAD_OPTION', '--resume and --overwrite exclude each other.');
  if (resume && !existsSync(out))
    throw new OverparamError('NOTHING_TO_RESUME', `There is no demo in ${out}: start it without --resume.`);
  const release = await claimFolder(out);
  try {
    await clear(out, only, options);
    return await demoIn(out, only, options, terminal);
  } finally {
    await release();
  }
}

/** A demo starts where nothing would be lost, or where `--overwrite` has removed what an earlier demo wrote. */
async function clear(out: string, only: readonly Part[], { resume, overwrite }: DemoOptions): Promise<void> {
  const folders = only.map(({ name }) => join(out, name));
  const finished = [await isFinished(out, 'demo')];
  for (const folder of folders) finished.push(await isFinished(folder, 'run'));
  if (overwrite) {
    await removeOutput(out, 'demo');
    for (const folder of folders) {
      await removeOutput(folder, 'run');
      await forgetCheckpoints(folder);
    }
  } else if (!resume && (finished.includes(true) || folders.some(isUnfinished)))
    throw new OverparamError(
      'RESULTS_EXIST',
      `${out} holds a demo: --resume continues it, --overwrite replaces it, --out names another folder.`,
    );
}

async function demoIn(out: string, only: readonly Part[], { open }: DemoOptions, terminal: Terminal): Promise<number> {
  const { stderr, stdout } = terminal;
  const colors = colorsFor(stderr);
  const began = performance.now();
  const shown: Shown[] = [];
  for (const [i, part] of only.entries()) {
    const folder = join(out, part.name);
    const results = join(folder, 'results.json');
    if (!existsSync(results) || isUnfinished(folder)) {
      stderr.write(`\n${colors.bold(`${i + 1} of ${only.length}: ${part.system}`)}\n`);
      const code = await runPart(part, folder, out, terminal);
      if (code !== 0) return code;
    }
    shown.push(shownOf(part, await readFile(results, 'utf8')));
  }
  await writeOutput(out, {
    results: {
      format: 'overparam-demo',
      version: 1,
      finished: new Date().toISOString(),
      parts: only.map(({ name }) => name),
    },
    report: reportOf(shown),
    picture: gridPicture(
      TITLE,
      shown.map(({ picture }) => picture),
    ),
  });
  const report = resolve(out, 'report.html');
  for (const { part, text } of shown)
    stdout.write(`\n${colorsFor(stdout).bold(part.system)}\n  ${text.join('\n  ')}\n`);
  const seconds = Math.round((performance.now() - began) / 1000);
  stdout.write(`\nReport: ${colorsFor(stdout).underline(pathToFileURL(report).href)}  (${seconds} s)\n`);
  if (open && canOpen(terminal)) await show(report);
  return 0;
}

/** As `overparam run` does it, without its table, which is in the report. */
async function runPart(part: Part, folder: string, out: string, terminal: Terminal): Promise<number> {
  const silent = { ...terminal, stdout: new Writable({ write: (_, __, done) => done() }) };
  const again = `overparam demo --resume${out === join('results', 'demo') ? '' : ` --out ${JSON.stringify(out)}`}`;
  const common = { out: folder, again, ...(isUnfinished(folder) && { resume: true }) };
  const study = studies.find(({ name }) => name === part.experiment);
  if (!study) return runCommand(part.experiment, { ...part.options, ...common }, silent);
  const usual = optionNames(study).map(({ key }, i) => [key, study.options[i]!.default]);
  return studyCommand(study, { ...Object.fromEntries(usual), ...part.options }, common, silent);
}

const reportOf = (shown: readonly Shown[]): string =>
  pageOf({
    title: TITLE,
    body: `<p>Each of these was trained here and now, on the CPU, from TypeScript.</p>
${shown.map(sectionOf).join('\n')}`,
    settings: {
      Software: `overparam ${version}, Node ${environment().node}, ${environment().platform}`,
      Processor: environment().processor,
      Finished: new Date().toISOString(),
    },
    numbers: { parts: shown.map(({ part, results }) => ({ system: part.system, results })) },
  });

/** Whether there is a display to open the report on. */
const canOpen = ({ stdout }: Terminal): boolean =>
  isTerminal(stdout) &&
  !process.env['CI'] &&
  !process.env['SSH_CONNECTION'] &&
  (process.platform === 'win32' ||
    process.platform === 'darwin' ||
    Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']));

async function show(report: string): Promise<void> {
  const { default: open } = await import('open');
  // The report's path is printed in any case.
  const browser = await open(report).catch(() => undefined);
  browser?.on('error', () => undefined);
}
