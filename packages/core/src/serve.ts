import { OverparamError } from './error.ts';
import type { Housekeeping } from './oracle.ts';
import { ownMemory } from './own-memory.ts';
import { listen, type Port } from './port.ts';
import { isOurs, type Told } from './port-messages.ts';
import { packed } from './thrown.ts';

/** An oracle that is served. */
export interface Served {
  /** Notifies the other side and stops listening; the port stays open. A question in progress gets no answer. */
  close(): void;
}

/**
 * Answers at a port what {@link connect} asks at its other end: an oracle in a worker, for a method outside of it.
 *
 * All functions of the oracle are questions, housekeeping included. They are called in the order in which they were
 * asked; an oracle that answers with promises is asked the next one meanwhile, as it would be without a port. When the
 * other side leaves in the middle of a step, the oracle's `abandon` is called. Other messages at the port are ignored.
 *
 * ```typescript
 * serve(oracle, self); // in a worker of a browser; `parentPort` of node:worker_threads in one of Node
 * ```
 */
export function serve(oracle: object & Housekeeping, port: Port): Served {
  const answers = questionsIn(oracle);
  const { name } = oracle;
  const tell = (message: Told): void => port.postMessage(message);
  const introduce = (): void => tell({ overparam: 'serving', answers, ...(typeof name === 'string' && { name }) });
  const fail = (id: number, error: unknown): void => tell({ overparam: 'failure', id, thrown: packed(error) });

  const answer = (id: number, question: string, given: unknown): void => {
    if (!serving) return;
    try {
      tell({ overparam: 'answer', id, answer: ownMemory(given) });
    } catch (cause) {
      fail(id, notCloneable(`The answer to '${question}'`, cause));
    }
  };
  const ask = (id: number, question: string, args: readonly unknown[]): void => {
    try {
      const given = put(oracle, answers, question, args);
      if (typeof (given as PromiseLike<unknown> | undefined | null)?.then !== 'function')
        return answer(id, question, given);
      (given as PromiseLike<unknown>).then(
        (later) => answer(id, question, later),
        (error: unknown) => serving && fail(id, error),
      );
    } catch (error) {
      fail(id, error);
    }
  };

  let serving = true;
  let amidStep = false;
  const leave = (): void => {
    // The other side is gone, so a failure of this cannot be reported.
    if (amidStep && answers.includes('abandon'))
      try {
        Promise.resolve(oracle.abandon?.()).catch(() => undefined);
      } catch {}
    amidStep = false;
  };
  const stop = listen(port, {
    message(message) {
      if (!isOurs(message)) return;
      if (message.overparam === 'hello') introduce();
      else if (message.overparam === 'goodbye') leave();
      else if (message.overparam === 'question') {
        amidStep = message.name !== 'finish' && message.name !== 'abandon';
        ask(message.id, message.name, message.args);
      }
    },
  });
  introduce();
  return {
    close() {
      if (!serving) return;
      serving = false;
      stop();
      tell({ overparam: 'closed' });
    },
  };
}

/** The names of an oracle's functions, those that its class has included. */
function questionsIn(oracle: object): string[] {
  const names = new Set<string>();
  for (let of: object | null = oracle; of && of !== Object.prototype; of = Object.getPrototypeOf(of) as object | null)
    for (const name of Object.getOwnPropertyNames(of)) names.add(name);
  names.delete('constructor');
  return [...names].filter((name) => typeof (oracle as Record<string, unknown>)[name] === 'function');
}

function put(oracle: object, answers: readonly string[], name: string, args: readonly unknown[]): unknown {
  if (!answers.includes(name))
    throw new OverparamError('MISSING_QUESTION', `The served oracle does not answer '${name}', but ${answers.join(', ')}.`); // prettier-ignore
  return (oracle as Record<string, (...args: readonly unknown[]) => unknown>)[name]!(...args);
}

export const notCloneable = (what: string, cause: unknown): Error =>
  new OverparamError(
    'NOT_CLONEABLE',
    `${what} can't cross a port: it takes plain data and typed arrays, and no functions.`,
    { cause },
  );
