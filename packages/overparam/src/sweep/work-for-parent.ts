import { OverparamError } from '@overparam/core';
import { parseConfiguration } from './configuration.ts';
import type { Failure } from './crew.ts';
import { finishedRun } from './finished-run.ts';
import type { Order, Told } from './local-crew.ts';
import { prepare } from './prepare.ts';
import { seldom } from './seldom.ts';
import { work } from './work.ts';

/** Does the runs that the process that started this one sends, until it says no more. */
export async function workForParent(): Promise<void> {
  let stopping = false;
  let working = Promise.resolve();
  const tell = (told: Told): void => void (process.connected && process.send!(told));
  // The terminal interrupts all processes at once: the parent says what to do.
  process.on('SIGINT', () => undefined);
  process.on('message', (order: Order) => {
    if (order.type === 'stop') stopping = true;
    else working = run(order);
  });
  await new Promise((resolve) => process.once('disconnect', resolve));
  stopping = true;
  await working;

  async function run({ configuration, folder, data, saveEvery }: Extract<Order, { type: 'run' }>): Promise<void> {
    try {
      const prepared = await prepare(parseConfiguration(configuration), data);
      const progressed = seldom(250, (progress: Extract<Told, { type: 'progress' }>['progress']) =>
        tell({ type: 'progress', progress }),
      );
      const results = await work(prepared, { folder, saveEvery, stop: () => stopping, progressed });
      tell(
        results ? { type: 'finished', run: JSON.stringify(finishedRun(configuration, results)) } : { type: 'stopped' },
      );
    } catch (error) {
      tell({ type: 'failed', failure: failureOf(error) });
    }
  }
}

export const failureOf = (error: unknown): Failure =>
  error instanceof OverparamError
    ? { code: error.code, message: error.message }
    : { code: 'RUN_FAILED', message: String((error as Error).message ?? error) };
