import { duration, percent, significant } from '../results/format.ts';
import type { RunIdentity, SessionObserver } from '../session/session.ts';
import type { RunProgress } from '../training/train-run.ts';
import { liveBar, type LiveBar } from './live-bar.ts';
import { colorsFor, isTerminal, type Terminal } from './terminal.ts';

/** What the session has ahead of it. */
interface Extent {
  readonly epochs: number;
  readonly runs: number;
  /** The longest label has that many characters. */
  readonly labelWidth: number;
}

/** A live line on a terminal; a line for each epoch elsewhere. */
export function progressOn(terminal: Terminal, extent: Extent): SessionObserver & { close(): void } {
  return isTerminal(terminal.stderr) ? liveLine(terminal, extent) : plainLines(terminal, extent);
}

function liveLine(terminal: Terminal, extent: Extent): SessionObserver & { close(): void } {
  const { stderr } = terminal;
  const colors = colorsFor(stderr);
  const remaining = timeLeft(extent);
  let bar: LiveBar | undefined;
  const close = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    started(run) {
      bar = liveBar(terminal, nameOf(run, extent));
    },
    progressed(run, progress) {
      const { position, stepsPerEpoch, last } = progress;
      if (!last) return;
      const within = ((position.step - 1) % stepsPerEpoch) + 1;
      const epoch = Math.ceil(position.step / stepsPerEpoch);
      const total = extent.epochs * stepsPerEpoch;
      const text = [
        `epoch ${epoch}/${extent.epochs}`,
        `batch ${String(within).padStart(String(stepsPerEpoch).length)}/${stepsPerEpoch}`,
        `loss ${significant(last.loss).padEnd(8)}`,
        `step ${significant(last.stepSize).padEnd(8)}`,
        `${duration(remaining(run, progress))} left`,
      ].join('  ');
      bar?.update(position.step / total, text);
    },
    finished(run, { epochs, stopped }) {
      close();
      const end = epochs.at(-1)!;
      const how = stopped === 'epochs' ? '' : `  ${colors.yellow(stopped)} after epoch ${end.epoch}`;
      stderr.write(
        `${colors.bold(nameOf(run, extent))} train loss ${significant(end.trainLoss).padEnd(8)}  test accuracy ${percent(end.testAccuracy)}  ${colors.dim(duration(end.seconds))}${how}\n`,
      );
    },
    close,
  };
}

function plainLines({ stderr }: Terminal, extent: Extent): SessionObserver & { close(): void } {
  const remaining = timeLeft(extent);
  return {
    progressed(run, progress) {
      const { position, last } = progress;
      const left = remaining(run, progress);
      if (last) return;
      const { epoch, trainLoss, testAccuracy, seconds } = position.epochs.at(-1)!;
      const eta = epoch === 0 ? '' : `  ${duration(left)} left`;
      stderr.write(
        `${nameOf(run, extent)} epoch ${epoch}/${extent.epochs}  train loss ${significant(trainLoss)}  test accuracy ${percent(testAccuracy)}  ${duration(seconds)}${eta}\n`,
      );
    },
    close: () => undefined,
  };
}

const nameOf = ({ label, seed, index, count }: RunIdentity, { labelWidth }: Extent): string =>
  `${`${index + 1}/${count}`.padStart(String(count).length * 2 + 1)} ${label.padEnd(labelWidth)} seed ${seed}`;

/** Seconds that the session will still take, from the pace of this process so far. */
function timeLeft({ runs, epochs }: Extent): (run: RunIdentity, progress: RunProgress) => number {
  let began: { readonly at: number; readonly done: number } | undefined;
  return ({ index }, { position, stepsPerEpoch }) => {
    const stepsOfRun = epochs * stepsPerEpoch;
    const done = index * stepsOfRun + position.step;
    began ??= { at: performance.now(), done };
    const pace = (performance.now() - began.at) / 1000 / Math.max(1, done - began.done);
    return pace * (runs * stepsOfRun - done);
  };
}
