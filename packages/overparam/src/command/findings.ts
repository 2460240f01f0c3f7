import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Table from 'cli-table3';
import { studyPictureOf, studyReportOf, type Found } from '../report/study-report.ts';
import { writeOutput } from '../session/output.ts';
import type { Findings } from '../studies/study.ts';
import { frame } from './table.ts';
import { colorsFor, type Terminal } from './terminal.ts';

/** Writes results.json, report.html and picture.svg. */
export const writeFindings = (results: Found, findings: Findings, out: string): Promise<void> =>
  writeOutput(out, {
    results,
    report: studyReportOf(results, findings),
    picture: studyPictureOf(results, findings),
  });

/** Shows in the terminal what came out. */
export function showFindings({ text, tables }: Findings, out: string, { stdout }: Terminal): void {
  const colors = colorsFor(stdout);
  for (const { title, head, rows, note } of tables) {
    const table = new Table({
      head: head.map((name) => colors.dim(name)),
      colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
      style: { head: [], border: [], compact: true },
      chars: frame,
    });
    table.push(...rows.map((row) => [...row]));
    stdout.write(`\n${colors.bold(title)}\n${table.toString()}\n${note === undefined ? '' : `${colors.dim(note)}\n`}`);
  }
  stdout.write(`\n${text.join('\n')}\n`);
  stdout.write(`Report: ${colors.underline(pathToFileURL(resolve(out, 'report.html')).href)}\n`);
  stdout.write(`Numbers: ${join(out, 'results.json')}\n`);
}
