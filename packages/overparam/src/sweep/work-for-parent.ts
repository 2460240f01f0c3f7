import { OverparamError } from '@overparam/core';
import type { Parent } from '../command/terminal.ts';
import { parseConfiguration } from './configuration.ts';
import type { Failure } from './crew.ts';
import { finishedRun } from './finished-run.ts';
import type { Order, Told } from './local-crew.ts';
import { prepare } from './prepare.ts';
import { seldom } from './seldom.ts';
import { work } from './work.ts';

/** Does the runs that the process that started this one sends, until it is ended by it. */
export async function workForParent(parent: Parent): Promise<never> {
  let stopping = false;
  const tell = (told: Told): void => parent.send(told);
  parent.onMessage((message) => {
    const order = message as Order;
    if (order.type === 'stop') stopping = true;
    else void run(order);
  });
  return new Promise<never>(() => undefined);

  async function run({ configuration, folder, data, saveEvery }: Extract<Order, { type: 'run' }>): Promise<void> {
    try {
      const prepared = await prepare(parseConfiguration(configuration), data);
      const progressed = seldom(250, (progress: Extract<Told, { type: 'progress' }>['progress']) =>
        tell({ type: 'progress', progress }),
      );
      const results = await work(prepared, {
        folder,
        saveEvery,
        stop: () => stopping,
        progressed,
        discarded: async () => tell({ type: 'discarded' }),
      });
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
