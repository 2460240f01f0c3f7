import cliProgress from 'cli-progress';
import { colorsFor, columnsOf, type Terminal } from './terminal.ts';

/** A live line: a name, a track, and what there is to say. */
export interface LiveBar {
  update(done: number, text: string): void;
  stop(): void;
}

export function liveBar({ stderr }: Terminal, name: string): LiveBar {
  const colors = colorsFor(stderr);
  const bar = new cliProgress.SingleBar({
    stream: stderr as NodeJS.WritableStream,
    fps: 12,
    hideCursor: true,
    clearOnComplete: true,
    // Interrupts are the command's own affair.
    gracefulExit: false,
    format(_, { progress }, { text = '' }: { text?: string }) {
      const width = Math.max(5, Math.min(24, columnsOf(stderr) - name.length - text.length - 4));
      const done = Math.round(progress * width);
      const track = colors.cyan('━'.repeat(done)) + colors.dim('━'.repeat(width - done));
      return `${colors.bold(name)} ${track} ${text}`.slice(0, columnsOf(stderr) + 40);
    },
  });
  bar.start(1, 0, {});
  return { update: (done, text) => bar.update(Math.min(1, done), { text }), stop: () => bar.stop() };
}
