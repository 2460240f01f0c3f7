import { getEventListeners } from 'node:events';
import { MessageChannel as NodeChannel, type MessagePort as NodePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  connect,
  isOverparamError,
  minimize,
  OverparamError,
  run,
  runAsync,
  serve,
  type ConnectOptions,
  type Connection,
  type Housekeeping,
  type Oracle,
  type Port,
  type TargetPort,
} from '@overparam/core';
import { halving, quadratic } from '../test/quadratic.ts';

const ports: NodePort[] = [];
const channel = (): [NodePort, NodePort] => {
  const { port1, port2 } = new NodeChannel();
  ports.push(port1, port2);
  return [port1, port2];
};
/** What a browser's port has, and nothing of Node's. */
const browserPort = (port: NodePort): TargetPort => ({
  postMessage: (message) => port.postMessage(message),
  addEventListener: (type, listener) => port.addEventListener(type, listener as never),
  removeEventListener: (type, listener) => port.removeEventListener(type, listener as never),
  start: () => port.start(),
});
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
  vi.useRealTimers();
});

async function across<O extends object>(
  oracle: O & Housekeeping,
  options?: ConnectOptions,
): Promise<Connection<O> & { readonly far: NodePort; readonly near: NodePort; stop(): void }> {
  const [near, far] = channel();
  const { close: stop } = serve(oracle, far);
  return { ...(await connect<O>(near, options)), near, far, stop };
}
const listeners = (port: NodePort): number =>
  ['message', 'messageerror', 'error', 'close', 'exit'].reduce(
    (sum, type) => sum + port.listenerCount(type) + getEventListeners(port, type).length,
    0,
  );
/** All messages that are on their way have arrived. */
const arrived = async (oracle: { probe(step: number): unknown }): Promise<unknown> => oracle.probe(0);

describe('an oracle behind a port', () => {
  const kinds: Record<string, (port: NodePort) => Port> = { node: (port) => port, browser: browserPort };
  it.each(Object.entries(kinds))('is any other oracle, at ports of %s', async (_, kind) => {
    const here = quadratic([3, -4]);
    const there = quadratic([3, -4]);
    const [near, far] = channel();
    const { close: stop } = serve(there, kind(far));
    const { oracle, close } = await connect<Oracle>(kind(near));
    expect(oracle.name).toBe('quadratic');
    for (let k = 0; k < 3; k++) {
      const expected = run(halving, here, { steps: k });
      expect(await runAsync(halving, oracle, { steps: k })).toEqual(expected);
      expect(there.w).toEqual(here.w);
    }
    close();
    stop();
    expect([listeners(near), listeners(far)]).toEqual([0, 0]);
  });

  it('is found whoever comes first', async () => {
    const [near, far] = channel();
    const coming = connect<Oracle>(near);
    await new Promise((resolve) => far.once('message', resolve)); // the call is lost
    serve(quadratic([2]), far);
    const { oracle } = await coming;
    expect(await oracle.probe(0)).toBe(2);
    const second = await connect<Oracle>(near);
    expect(await Promise.all([oracle.probe(0), second.oracle.probe(1)])).toEqual([2, 0]);
  });

  it('has the questions that are answered there, those of a class included, and no others', async () => {
    class Hidden {
      #w = 8;
      probe(step: number): number {
        return this.#w * step;
      }
    }
    class Named extends Hidden {
      readonly size = 3;
      linearize(): number {
        return this.size;
      }
    }
    const { oracle } = await across(new Named());
    expect(Object.keys(oracle).sort()).toEqual(['linearize', 'probe']);
    expect(await oracle.probe(2)).toBe(16);
    await expect(minimize(halving, oracle as unknown as Oracle, { steps: 1 })).rejects.toMatchObject({
      code: 'MISSING_QUESTION',
      message: expect.stringContaining("asks 'move'") as unknown,
    });
  });

  it('takes and gives plain data as they are', async () => {
    const { oracle } = await across({ echo: (...given: unknown[]) => given });
    const data = [NaN, -Infinity, -0, undefined, null, 'text', { rows: 1, data: Float64Array.of(NaN, 2) }, [true]];
    expect(await oracle.echo(...data)).toEqual(data);
  });

  it('copies a part of a larger memory, shared or not, and that part alone', async () => {
    const whole = new Float64Array(1024).fill(7);
    const shared = new Float64Array(new SharedArrayBuffer(16));
    const { oracle } = await across({
      part: () => ({ data: whole.subarray(2, 4) }),
      shared: () => [shared],
      bytes: (given: Uint8Array) => given.buffer.byteLength,
    });
    const { data } = await oracle.part();
    expect(data).toEqual(Float64Array.of(7, 7));
    expect(data.buffer.byteLength).toBe(16);
    const [copied] = await oracle.shared();
    shared.fill(5);
    expect(copied).toEqual(new Float64Array(2));
    expect(await oracle.bytes(new Uint8Array(100).subarray(10, 13))).toBe(3);
  });

  it('is asked in order, also while it makes promises', async () => {
    const seen: string[] = [];
    const release: (() => void)[] = [];
    const { oracle } = await across({
      slow: (k: number) => (seen.push(`slow ${k}`), new Promise<number>((done) => release.push(() => done(k)))),
      quick: (k: number) => (seen.push(`quick ${k}`), k),
    });
    const first = oracle.slow(1);
    const second = oracle.slow(2);
    expect(await oracle.quick(3)).toBe(3);
    expect(seen).toEqual(['slow 1', 'slow 2', 'quick 3']);
    release.reverse().forEach((done) => done());
    expect(await Promise.all([first, second])).toEqual([1, 2]);
  });

  it('leaves messages of others alone', async () => {
    const { oracle, near, far } = await across(quadratic([2]));
    const others: unknown[] = [];
    for (const port of [near, far])
      port.on('message', (message: { overparam?: unknown } | null) => message?.overparam ?? others.push(message));
    for (const message of [null, 7, 'hello', { id: 0 }]) {
      near.postMessage(message);
      far.postMessage(message);
    }
    expect(await oracle.probe(0)).toBe(2);
    expect(others.length).toBe(8);
  });
});

describe('run', () => {
  it('says that an oracle behind a port answers with promises', async () => {
    const { oracle } = await across(Object.assign(quadratic([1]), { abandon: () => undefined }));
    expect(() => run(halving, oracle as unknown as Oracle, { steps: 0 })).toThrow(
      expect.objectContaining({ code: 'ASYNC_ANSWER', message: expect.stringContaining("'linearize'") as unknown }),
    );
  });
});

describe('what is thrown behind a port', () => {
  it('is thrown here: an overparam error with its code, others with their name, and the causes', async () => {
    const inner = new RangeError('too far');
    const errors: Record<string, unknown> = {
      ours: new OverparamError('NOT_FINITE', 'f is NaN', { cause: inner }),
      system: Object.assign(new Error('no file'), { code: 'ENOENT' }),
      text: 'a string',
      nothing: undefined,
      object: { toString: () => 'an object' },
      symbol: Symbol('gone'),
      null: null,
    };
    const { oracle } = await across({
      fail: (which: string) => {
        throw errors[which];
      },
      failLater: (which: string) => Promise.reject(errors[which]),
    });
    const thrown = async (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => expect.fail('nothing was thrown'),
        (error: unknown) => error,
      );
    for (const fail of [oracle.fail, oracle.failLater] as ((which: string) => Promise<never>)[]) {
      const ours = await thrown(fail('ours'));
      expect(isOverparamError(ours, 'NOT_FINITE')).toBe(true);
      expect(ours).toBeInstanceOf(OverparamError);
      const { message, cause, stack } = ours as OverparamError;
      expect(message).toBe('f is NaN');
      expect(cause).toMatchObject({ name: 'RangeError', message: 'too far' });
      expect(stack).toBe((errors['ours'] as Error).stack);
      const system = await thrown(fail('system'));
      expect(system).toMatchObject({ name: 'Error', message: 'no file', code: 'ENOENT' });
      expect(isOverparamError(system)).toBe(false);
      expect(await thrown(fail('text'))).toBe('a string');
      expect(await thrown(fail('nothing'))).toBe(undefined);
      expect(await thrown(fail('object'))).toBe('an object');
      expect(await thrown(fail('symbol'))).toBe('Symbol(gone)');
      expect(await thrown(fail('null'))).toBe(null);
    }
    const circle = new Error('circle');
    circle.cause = errors['circle'] = circle;
    expect(await thrown(oracle.fail('circle'))).toMatchObject({ message: 'circle', cause: { message: 'circle' } });
  });

  it('is NOT_CLONEABLE where an argument or an answer is not plain data; the next question is answered', async () => {
    const { oracle } = await across({ echo: (given: unknown) => given, secret: () => () => 1 });
    await expect(oracle.echo(() => 1)).rejects.toMatchObject({
      code: 'NOT_CLONEABLE',
      message: expect.stringContaining("The arguments of 'echo'") as unknown,
    });
    await expect(oracle.secret()).rejects.toMatchObject({
      code: 'NOT_CLONEABLE',
      message: expect.stringContaining("The answer to 'secret'") as unknown,
    });
    expect(await oracle.echo(1)).toBe(1);
  });

  it('fails the step, which is undone there', async () => {
    let fails = true;
    const inner = quadratic([8]);
    const asked: string[] = [];
    const { oracle } = await across<Oracle>({
      linearize: () => (asked.push('linearize'), inner.linearize()),
      probe(step: number) {
        asked.push('probe');
        if (fails) throw new OverparamError('NOT_FINITE', 'stuck');
        return inner.probe(step);
      },
      move: (step: number) => (asked.push('move'), inner.move(step)),
      abandon: () => void asked.push('abandon'),
      finish: () => void asked.push('finish'),
    } as Oracle & Housekeeping);
    await expect(minimize(halving, oracle, { steps: 1 })).rejects.toMatchObject({
      code: 'STEP_FAILED',
      cause: { code: 'NOT_FINITE' },
    });
    fails = false;
    await minimize(halving, oracle, { steps: 1 });
    expect(asked).toEqual(['linearize', 'probe', 'abandon', 'linearize', 'probe', 'probe', 'move', 'finish']);
  });
});

describe('an abort', () => {
  it('ends the wait for an answer; the answer changes nothing, and the oracle abandons the step', async () => {
    const inner = quadratic([8]);
    const asked: string[] = [];
    let answer = (): void => undefined;
    const { oracle } = await across<Oracle>({
      linearize: () => inner.linearize(),
      probe: (step: number) => {
        asked.push('probe');
        return asked.length > 1 ? inner.probe(step) : new Promise<number>((done) => (answer = () => done(0)));
      },
      move: (step: number) => inner.move(step),
      abandon: () => void asked.push('abandon'),
    } as Oracle & Housekeeping);
    const abort = new AbortController();
    const listening = vi.spyOn(abort.signal, 'removeEventListener');
    const step = runAsync(halving, oracle, { steps: 0 }, { signal: abort.signal });
    await vi.waitFor(() => expect(asked).toEqual(['probe']));
    abort.abort('enough');
    await expect(step).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    expect(asked).toEqual(['probe', 'abandon']);
    answer();
    expect(listening).toHaveBeenCalled();
    expect(await runAsync(halving, oracle, { steps: 0 })).toEqual(run(halving, quadratic([8]), { steps: 0 }));
    expect(inner.w).toEqual([-4]);
  });

  it('of the connection fails what waits, and every question after', async () => {
    const abort = new AbortController();
    const { oracle, near } = await across(
      { never: () => new Promise<void>(() => undefined) },
      { signal: abort.signal },
    );
    const [one, other] = [oracle.never(), oracle.never()];
    abort.abort('enough');
    for (const question of [one, other, oracle.never()])
      await expect(question).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' });
    expect(listeners(near)).toBe(0);
    expect(getEventListeners(abort.signal, 'abort').length).toBe(0);
    const [unserved] = channel();
    await expect(connect(unserved, { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const later = new AbortController();
    const call = connect(unserved, { signal: later.signal });
    later.abort();
    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    expect(listeners(unserved)).toBe(0);
  });
});

describe('a port that is closed', () => {
  const stuck = { never: (): Promise<void> => new Promise<void>(() => undefined) };
  it.each([
    ['by its other end', 'the port was closed', ({ far }) => far.close()],
    ['by this end', 'the port was closed', ({ near }) => near.close()],
    ['by the one who serves', 'the other side stopped serving', ({ stop }) => stop()],
    ['by the connection', 'it was left by close()', ({ close }) => close()],
  ] satisfies [string, string, (all: Awaited<ReturnType<typeof across>>) => void][])(
    '%s fails what waits, and every question after',
    async (_, why, end) => {
      const all = await across(stuck);
      const waiting = all.oracle.never();
      end(all);
      const closed = { code: 'PORT_CLOSED', message: expect.stringContaining(why) as unknown };
      await expect(waiting).rejects.toMatchObject(closed);
      await expect(all.oracle.never()).rejects.toMatchObject(closed);
      expect(listeners(all.near)).toBe(0);
      all.close();
      all.stop();
    },
  );

  it('fails a step with an error that says so', async () => {
    const { oracle, stop } = await across(quadratic([3]));
    await runAsync(halving, oracle as unknown as Oracle, { steps: 0 });
    stop();
    const failed = runAsync(halving, { ...oracle, abandon: () => oracle.linearize() } as unknown as Oracle, {
      steps: 0,
    });
    await expect(failed).rejects.toMatchObject({
      code: 'ABANDON_FAILED',
      message: expect.stringContaining('the other side stopped serving') as unknown,
    });
  });

  it('in the middle of a step makes the oracle abandon it; between steps there is nothing to abandon', async () => {
    const abandon = vi.fn();
    const oracle = Object.assign(quadratic([3]), { abandon, finish: () => undefined });
    const [near, far] = channel();
    serve(oracle, far);
    const first = await connect<Oracle>(near);
    await runAsync(halving, first.oracle, { steps: 0 });
    first.close();
    const second = await connect<Oracle>(near);
    expect(abandon).not.toHaveBeenCalled();
    await second.oracle.linearize();
    second.close();
    const third = await connect<Oracle>(near);
    expect(abandon).toHaveBeenCalledOnce();
    abandon.mockImplementation(() => {
      throw new Error('can not');
    });
    await third.oracle.linearize();
    third.close();
    expect(await arrived((await connect<Oracle>(near)).oracle)).toBe(oracle.probe(0));
  });

  it('leaves an answer that was on its way unsent', async () => {
    const answer: (() => void)[] = [];
    const { oracle, stop } = await across({ slow: () => new Promise<void>((done) => answer.push(done)) });
    const waiting = oracle.slow();
    await vi.waitFor(() => expect(answer.length).toBe(1));
    stop();
    answer[0]!();
    await expect(waiting).rejects.toMatchObject({ code: 'PORT_CLOSED' });
  });
});

describe('a port where nobody answers', () => {
  it('fails with NO_ANSWER after the timeout, and a late answer changes nothing', async () => {
    let answer: ((value: number) => void) | undefined;
    const { oracle } = await across({
      slow: () => new Promise<number>((done) => (answer = done)),
      probe: (step: number) => step,
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waiting = oracle.slow();
    await oracle.probe(1);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(60_000);
    await expect(waiting).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringContaining("'slow' for 60000 ms") as unknown,
    });
    answer!(1);
    expect(await oracle.probe(2)).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails the call for an oracle, unless it may take as long as it likes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const [near] = channel();
    const call = connect(near, { timeout: 500 });
    vi.advanceTimersByTime(500);
    await expect(call).rejects.toMatchObject({ code: 'NO_ANSWER' });
    expect(listeners(near)).toBe(0);
    void connect(near, { timeout: Infinity }).catch(() => undefined);
    void connect(near, { timeout: 2 ** 40 }).catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
    for (const timeout of [0, -1, NaN])
      await expect(connect(near, { timeout })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});
