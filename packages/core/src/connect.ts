import { OverparamError, badOption } from './error.ts';
import type { Housekeeping } from './oracle.ts';
import { withDefaults } from './options.ts';
import { ownMemory } from './own-memory.ts';
import { listen, type Port } from './port.ts';
import { isOurs, type Asked } from './port-messages.ts';
import { notCloneable } from './serve.ts';
import type { Signal } from './signal.ts';
import { unpacked } from './thrown.ts';

/** An oracle at the other end of a port: the same questions, each answered by a promise. */
export type Remote<O> = {
  readonly [Q in keyof O as NonNullable<O[Q]> extends (...about: never[]) => unknown ? Q : never]: NonNullable<
    O[Q]
  > extends (...about: infer About) => infer A
    ? (...about: About) => Promise<Awaited<A>>
    : never;
} & Housekeeping;

export interface ConnectOptions {
  /** Closes the connection: whatever waits for an answer then fails with `ABORTED`. */
  readonly signal?: Signal | undefined;
  /**
   * How many milliseconds to wait for an answer; 60,000 when absent. A browser does not report that a worker was
   * terminated, so this is what ends the wait then. `Infinity` for questions that may take as long as they like.
   */
  readonly timeout?: number;
}

export interface Connection<O extends object> {
  /** It has the questions that the other side answers, and only these. */
  readonly oracle: Remote<O>;
  /** Notifies the other side and stops listening; the port stays open. Pending questions fail with `PORT_CLOSED`. */
  close(): void;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: unknown;
}

/** Of all connections of this realm, so that two at one port do not take each other's answers. */
let asked = 0;

/**
 * The oracle that {@link serve} serves at the other end of a port, before or after this is called.
 *
 * It is any other oracle to `runAsync` and `minimize`: what the oracle throws is thrown here, an overparam error with its
 * `code`; an abort ends the wait for an answer, and the oracle's `abandon` is called after that. Data is copied.
 *
 * ```typescript
 * const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
 * const { oracle, close } = await connect<CompositeOracle>(worker);
 * ```
 *
 * @throws OverparamError `PORT_CLOSED`, `NO_ANSWER` (nobody serves there), `ABORTED`, `BAD_OPTION`, `UNKNOWN_OPTION`; questions
 *   throw these and `NOT_CLONEABLE`
 */
export async function connect<O extends object>(port: Port, options: ConnectOptions = {}): Promise<Connection<O>> {
  const { signal, timeout } = withDefaults<ConnectOptions>('connect', { signal: undefined, timeout: 60_000 }, options);
  if (!(timeout > 0)) throw badOption('timeout', timeout, 'a number of milliseconds > 0, or Infinity');
  const post = (message: Asked): void => port.postMessage(message);
  const waiting = new Map<number, Waiting>();
  const introduction = asked++;
  let end: Error | undefined;

  const settle = (id: number): Waiting | undefined => {
    const who = waiting.get(id);
    waiting.delete(id);
    clock.clearTimeout(who?.timer);
    return who;
  };
  const leave = (error: Error): void => {
    if (end) return;
    end = error;
    stop();
    signal?.removeEventListener('abort', abort);
    for (const id of [...waiting.keys()]) settle(id)?.reject(error);
  };
  const abort = (): void => {
    leave(new OverparamError('ABORTED', 'The connection to an oracle was aborted.', { cause: signal?.reason }));
    post({ overparam: 'goodbye' });
  };
  const answered = (id: number, what: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const late = (): void => settle(id)?.reject(noAnswer(what, timeout));
      const timer = timeout > longestDelay ? undefined : clock.setTimeout(late, timeout);
      waiting.set(id, { resolve, reject, timer });
    });
  const stop = listen(port, {
    message(message) {
      if (!isOurs(message)) return;
      if (message.overparam === 'serving') settle(introduction)?.resolve(message);
      else if (message.overparam === 'answer') settle(message.id)?.resolve(message.answer);
      else if (message.overparam === 'failure') settle(message.id)?.reject(unpacked(message.thrown));
      else if (message.overparam === 'closed') leave(portClosed('the other side stopped serving'));
    },
    closed: (why) => leave(portClosed(why)),
  });
  signal?.addEventListener('abort', abort, { once: true });

  const question =
    (name: string) =>
    async (...args: readonly unknown[]): Promise<unknown> => {
      if (end) throw end;
      const id = asked++;
      try {
        post({ overparam: 'question', id, name, args: ownMemory(args) as unknown[] });
      } catch (cause) {
        throw notCloneable(`The arguments of '${name}'`, cause);
      }
      return answered(id, `'${name}'`);
    };

  if (signal?.aborted) abort();
  else post({ overparam: 'hello' });
  if (end) throw end;
  try {
    const { name, answers } = (await answered(introduction, 'the call for an oracle')) as Introduction;
    const oracle = Object.fromEntries(answers.map((name) => [name, question(name)]));
    return {
      oracle: { ...oracle, ...(name !== undefined && { name }) } as unknown as Remote<O>,
      close() {
        if (end) return;
        leave(portClosed('it was left by close()'));
        post({ overparam: 'goodbye' });
      },
    };
  } catch (error) {
    leave(error as Error);
    throw error;
  }
}

interface Introduction {
  readonly name?: string;
  readonly answers: readonly string[];
}

const portClosed = (why: string): Error =>
  new OverparamError('PORT_CLOSED', `The port to an oracle is closed: ${why}. Make a new worker, and connect again.`);

const noAnswer = (what: string, timeout: number): Error =>
  new OverparamError(
    'NO_ANSWER',
    `Nobody answered ${what} for ${timeout} ms: serve an oracle at the other end of the port, or give connect a longer timeout.`,
  );

/** Timers know no more than 24 days, in milliseconds; what is longer is never. */
const longestDelay = 2 ** 31 - 1;

// Every platform has these, and the types of no platform are here.
const clock = globalThis as unknown as {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
};
