import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { connect, serve, type MeasureOracle } from '@overparam/core';
import { afterAll, describe, expect, it } from 'vitest';
import { testBackend, testFlow, testMethod, type AnyOracle, type MakeOracle } from '@overparam/conformance';
import { exactOracle } from '../src/exact-oracle.ts';
import { outcomes } from '../src/check.ts';
import { backendChecks } from '../src/test-backend.ts';
import { brokenBackends } from './broken-backends.ts';
import { sound } from './broken-flows.ts';
import { descent } from './broken-methods.ts';

const open: MessagePort[] = [];
afterAll(() => open.forEach((port) => port.close()));

/** The oracle at the other end of a port, every clone and every wait included. */
async function behind<O extends object>(oracle: O): Promise<{ oracle: O; dispose(): void }> {
  const { port1, port2 } = new MessageChannel();
  open.push(port1);
  serve(oracle, port2);
  const connection = await connect<O>(port1);
  return { oracle: connection.oracle as unknown as O, dispose: () => port1.close() };
}
const throughPort =
  (make: MakeOracle): MakeOracle =>
  async (problem) => {
    const subject = await make(problem);
    const { oracle, dispose } = await behind<AnyOracle>(subject.oracle);
    return {
      ...subject,
      oracle,
      dispose() {
        dispose();
        subject.dispose?.();
      },
    };
  };
const through = async (oracle: MeasureOracle): Promise<MeasureOracle> => (await behind(oracle)).oracle;

const runner = { describe, it };
const runs = 6;
const exact = throughPort((problem) => exactOracle(problem));
const everything = exactOracle({ inputs: [[1]], targets: [[1]], weights: [[[1]]], modules: ['one'], noise: false });
const answers = Object.keys(everything.oracle).filter((question) => question !== 'name') as (keyof AnyOracle)[];

testBackend(exact, { runner, name: 'exact, through a port', noise: true, answers, runs });
testMethod(descent, { runner, runs, makeOracle: throughPort((problem) => exactOracle(problem, { guarded: false })) });
testMethod(descent, { runner, runs, makeOracle: exact, layers: 2, claims: { descends: false } });
testFlow(sound, { runner, runs, name: 'sound, through a port', wrap: through });

describe('a backend that breaks a promise', () => {
  // Those that what a port does could hide.
  const promises = ['answers', 'deterministic', 'move-refuses', 'same-data', 'small-answers', 'abandon', 'finish'];
  it.each(promises)("breaks '%s' behind a port too", async (id) => {
    const { make, options = {} } = brokenBackends[id]!;
    const outcome = await outcomes(backendChecks(throughPort(make), { noise: true, runs, ...options }))(id);
    expect(outcome).toHaveProperty('broken');
  });
});
