import { duration, significant } from '../results/format.ts';
import { describe, type Configuration } from '../sweep/configuration.ts';
import type { Failure } from '../sweep/crew.ts';
import { measuresOf, type FinishedRun } from '../sweep/finished-run.ts';
import type { WorkProgress } from '../sweep/work.ts';
import { liveBar } from './live-bar.ts';
import { colorsFor, isTerminal, type Terminal } from './terminal.ts';

interface SweepProgress {
  progressed(hash: string, progress: WorkProgress): void;
  finished(hash: string, run: FinishedRun): void;
  failed(hash: string, failure: Failure): void;
  refused(reasons: Readonly<Record<string, number>>): void;
  close(): void;
}

/** One live line for the whole sweep on a terminal; everywhere a line for each run that ends. */
export function sweepProgress(
  terminal: Terminal,
  configurations: ReadonlyMap<string, Configuration>,
  before: number,
): SweepProgress {
  const { stderr } = terminal;
  const colors = colorsFor(stderr);
  const count = configurations.size;
  const under = new Map<string, number>();
  const began = performance.now();
  let ended = before;
  let refusals = '';
  let text = '';
  const begin = (): ReturnType<typeof liveBar> | undefined =>
    isTerminal(stderr) ? liveBar(terminal, `sweep of ${count} runs`) : undefined;
  let bar = begin();

  const redraw = (): void => {
    const done = ended + [...under.values()].reduce((sum, share) => sum + share, 0);
    const pace = (performance.now() - began) / 1000 / (done - before);
    const left = done > before ? `  ${duration(pace * (count - done))} left` : '';
    bar?.update(done / count, `${ended} done, ${under.size} under way${left}  ${text}`);
  };
  const write = (line: string): void => {
    bar?.stop();
    stderr.write(line);
    bar &&= begin();
    redraw();
  };
  const end = (hash: string): string => {
    under.delete(hash);
    ended++;
    return `${colors.bold(`${ended}/${count}`)} ${describe(configurations.get(hash)!)}`;
  };
  return {
    progressed(hash, progress) {
      under.set(hash, progress.done);
      text = progress.text;
      redraw();
    },
    finished(hash, run) {
      const [[name, value] = ['', null], ...rest] = Object.entries(measuresOf(run)!);
      const seconds = rest.find(([name]) => name === 'time (s)')?.[1] ?? 0;
      write(`${end(hash)}  ${name} ${significant(value)}  ${colors.dim(duration(seconds))}\n`);
    },
    failed: (hash, { code, message }) => write(`${end(hash)}  ${colors.red(code)}: ${message}\n`),
    refused(reasons) {
      const now = Object.entries(reasons).map(([code, n]) => `${n} ${code}`).join(', '); // prettier-ignore
      if (now === refusals) return;
      refusals = now;
      write(colors.yellow(`Refused, and done without: ${now}\n`));
    },
    close() {
      bar?.stop();
      bar = undefined;
    },
  };
}
