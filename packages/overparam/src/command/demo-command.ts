import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { OverparamError } from '@overparam/core';
import { parts, type Part } from '../demo/parts.ts';
import { sectionOf, shownOf, type Shown } from '../demo/shown.ts';
import { pageOf } from '../report/page.ts';
import { gridPicture } from '../report/picture.ts';
import { environment } from '../results/environment.ts';
import { writeAtomically } from '../session/atomic-write.ts';
import { checkpointIn } from '../session/session.ts';
import { studies } from '../studies/index.ts';
import { studyCheckpointIn } from '../studies/session.ts';
import { optionNames } from '../studies/study.ts';
import { version } from '../version.ts';
import { runCommand } from './run-command.ts';
import { studyCommand } from './study-command.ts';
import { colorsFor, isTerminal, type Terminal } from './terminal.ts';

/** The options of `overparam demo`. */
export interface DemoOptions {
  readonly out?: string;
  readonly resume?: boolean;
  readonly open: boolean;
}

const TITLE = 'overparam: training of over-parameterised models, on this machine';

/** `overparam demo`: each system on its smallest experiment, and one report. Returns the exit code. */
export async function demoCommand(
  { out = join('results', 'demo'), resume, open }: DemoOptions,
  terminal: Terminal,
  only: readonly Part[] = parts,
): Promise<number> {
  const { stderr, stdout } = terminal;
  const colors = colorsFor(stderr);
  if (resume && !existsSync(out))
    throw new OverparamError('NOTHING_TO_RESUME', `There is no demo in ${out}: start it without --resume.`);
  if (!resume) await rm(out, { recursive: true, force: true });
  const began = performance.now();
  const shown: Shown[] = [];
  for (const [i, part] of only.entries()) {
    const folder = join(out, part.name);
    const results = join(folder, 'results.json');
    if (!existsSync(results)) {
      stderr.write(`\n${colors.bold(`${i + 1} of ${only.length}: ${part.system}`)}\n`);
      const code = await runPart(part, folder, out, terminal);
      if (code !== 0) return code;
    }
    shown.push(shownOf(part, await readFile(results, 'utf8')));
  }
  const report = resolve(out, 'report.html');
  await writeAtomically(report, reportOf(shown));
  await writeAtomically(join(out, 'picture.svg'), gridPicture(TITLE, shown.map(({ picture }) => picture))); // prettier-ignore
  for (const { part, text } of shown)
    stdout.write(`\n${colorsFor(stdout).bold(part.system)}\n  ${text.join('\n  ')}\n`);
  const seconds = Math.round((performance.now() - began) / 1000);
  stdout.write(`\nReport: ${colorsFor(stdout).underline(pathToFileURL(report).href)}  (${seconds} s)\n`);
  if (open && canOpen(terminal)) await show(report);
  return 0;
}

/** As `overparam run` does it, but for its table, which stands in the report. */
async function runPart(part: Part, folder: string, out: string, { stderr }: Terminal): Promise<number> {
  const terminal = { stderr, stdout: new Writable({ write: (_, __, done) => done() }) };
  const begun = existsSync(checkpointIn(folder)) || existsSync(studyCheckpointIn(folder));
  const again = `overparam demo --resume${out === join('results', 'demo') ? '' : ` --out ${JSON.stringify(out)}`}`;
  const common = { out: folder, again, ...(begun && { resume: true }) };
  const study = studies.find(({ name }) => name === part.experiment);
  if (!study) return runCommand(part.experiment, { ...part.options, ...common }, terminal);
  const usual = optionNames(study).map(({ key }, i) => [key, study.options[i]!.default]);
  return studyCommand(study, { ...Object.fromEntries(usual), ...part.options }, common, terminal);
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

/** Whether somebody sits at a display. */
const canOpen = ({ stdout }: Terminal): boolean =>
  isTerminal(stdout) &&
  !process.env['CI'] &&
  !process.env['SSH_CONNECTION'] &&
  (process.platform === 'win32' ||
    process.platform === 'darwin' ||
    Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']));

async function show(report: string): Promise<void> {
  const { default: open } = await import('open');
  // The report is named anyway.
  const browser = await open(report).catch(() => undefined);
  browser?.on('error', () => undefined);
}
