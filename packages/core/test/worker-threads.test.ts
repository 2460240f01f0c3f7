import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build, type Rollup } from 'vite';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { connect, minimize, run, type Oracle } from '@overparam/core';
import { halving, quadratic } from './quadratic.ts';

let script = '';
beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, resolve: { conditions: ['@overparam/source'] } },
    build: {
      ssr: fileURLToPath(new URL('./served-quadratic.ts', import.meta.url)),
      write: false,
      rollupOptions: { output: { format: 'cjs' } },
    },
  });
  script = (built as Rollup.RollupOutput).output[0].code;
});

type Served = Oracle & { crash(): void; exit(): void; sleep(): void; never(): Promise<void> };
const workers: Worker[] = [];
const inThread = async (): Promise<{ worker: Worker } & Awaited<ReturnType<typeof connect<Served>>>> => {
  const worker = new Worker(script, { eval: true });
  workers.push(worker);
  return { worker, ...(await connect<Served>(worker)) };
};
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

it('trains in a thread as here', async () => {
  const { oracle } = await inThread();
  const { state, report } = await minimize(halving, oracle, { steps: 2 });
  const here = quadratic([3, -4]);
  const first = run(halving, here, halving.init());
  expect({ state, report }).toEqual(run(halving, here, first.state));
});

it.each([
  [
    'crashes',
    'the worker failed: out of memory',
    async ({ oracle }) => void (await Promise.all([oracle.crash(), oracle.never()])),
  ],
  ['exits', 'the worker ended with exit code 3', ({ oracle }) => oracle.exit()],
  ['is terminated while it computes', 'the worker ended with exit code 1', ({ oracle, worker }) => {
    const waiting = oracle.sleep();
    void worker.terminate();
    return waiting;
  }], // prettier-ignore
] satisfies [string, string, (thread: Awaited<ReturnType<typeof inThread>>) => Promise<void>][])(
  'a thread that %s fails what waits, and every question after',
  async (_, why, end) => {
    const thread = await inThread();
    const closed = { code: 'PORT_CLOSED', message: expect.stringContaining(why) as unknown };
    await expect(end(thread)).rejects.toMatchObject(closed);
    await expect(thread.oracle.probe(0)).rejects.toMatchObject(closed);
  },
);

it('a script that throws at once fails the call for an oracle', async () => {
  const worker = new Worker("throw new Error('no such model')", { eval: true });
  workers.push(worker);
  await expect(connect(worker)).rejects.toThrow('the worker failed: no such model');
});
