import { asking, type Question } from './ask.ts';
import { OverparamError, isOverparamError } from './error.ts';
import type { Method, Step } from './method.ts';
import { checkNeeds, nameOf, questionsOf } from './needs.ts';
import { withDefaults } from './options.ts';
import type { Housekeeping } from './oracle.ts';
import type { Signal } from './signal.ts';

export interface RunOptions {
  /** Aborts the step between two questions. */
  readonly signal?: Signal | undefined;
}

const none: Required<RunOptions> = { signal: undefined };

/**
 * Runs one step of a method against an oracle that answers at once.
 *
 * An exception of the oracle is thrown into the method at the `yield*` that asked, so that it can clean up, and then
 * out of `run`; `state` is unchanged, and the oracle's `abandon` is called. After a step that succeeds, `finish` is called.
 *
 * @throws OverparamError `MISSING_QUESTION`, `UNDECLARED_QUESTION`, `ASYNC_ANSWER` (use {@link runAsync}), `ABORTED`,
 *   `UNKNOWN_OPTION`
 */
export function run<S, R, O extends object>(
  method: Method<S, R, O>,
  oracle: O & Housekeeping,
  state: S,
  options: RunOptions = {},
): Step<S, R> {
  const { signal } = withDefaults('run', none, options);
  checkNeeds(method, oracle);
  const questions = questionsOf(method, oracle);
  const inquiry = method.step(state, asking<O>(questions));
  try {
    let turn = inquiry.next();
    while (!turn.done) {
      let answer: unknown;
      try {
        throwIfAborted(signal, method.name);
        answer = put(turn.value, method, questions, oracle);
        if (isPromise(answer)) throw asyncAnswer(turn.value, answer, oracle);
      } catch (error) {
        turn = inquiry.throw(error);
        continue;
      }
      turn = inquiry.next(answer);
    }
    const finished = oracle.finish?.();
    if (isPromise(finished)) throw asyncAnswer({ name: 'finish', args: [] }, finished, oracle);
    return turn.value;
  } catch (error) {
    try {
      const abandoned = oracle.abandon?.();
      if (isPromise(abandoned)) {
        const second = asyncAnswer({ name: 'abandon', args: [] }, abandoned, oracle);
        if (!isOverparamError(error, 'ASYNC_ANSWER')) throw second;
      }
    } catch (second) {
      throw abandonFailed(oracle, error, second);
    }
    throw error;
  }
}

/**
 * Runs one step of a method against an oracle that answers with promises; as {@link run} otherwise.
 *
 * An abort ends the wait for an answer at once, and the answer, when it arrives, changes nothing. Only a question that
 * begins with `move` is waited for: it happens whole or not at all, so a step whose move was asked is completed.
 */
export async function runAsync<S, R, O extends object>(
  method: Method<S, R, O>,
  oracle: O & Housekeeping,
  state: S,
  options: RunOptions = {},
): Promise<Step<S, R>> {
  const { signal } = withDefaults('runAsync', none, options);
  checkNeeds(method, oracle);
  const questions = questionsOf(method, oracle);
  const inquiry = method.step(state, asking<O>(questions));
  try {
    let turn = inquiry.next();
    while (!turn.done) {
      let answer: unknown;
      try {
        throwIfAborted(signal, method.name);
        const asked = put(turn.value, method, questions, oracle);
        answer = await (turn.value.name.startsWith('move') ? asked : untilAborted(asked, signal, method.name));
      } catch (error) {
        turn = inquiry.throw(error);
        continue;
      }
      turn = inquiry.next(answer);
    }
    await oracle.finish?.();
    return turn.value;
  } catch (error) {
    try {
      await oracle.abandon?.();
    } catch (second) {
      throw abandonFailed(oracle, error, second);
    }
    throw error;
  }
}

function put<S, R, O extends object>(
  { name, args }: Question,
  method: Method<S, R, O>,
  questions: readonly string[],
  oracle: O,
): unknown {
  if (!questions.includes(name))
    throw new OverparamError(
      'UNDECLARED_QUESTION',
      `The method '${method.name}' asked '${name}' without declaring it: add it to 'needs' (${method.needs.join(', ')}).`,
    );
  return (oracle as Record<string, (...args: readonly unknown[]) => unknown>)[name]!(...args);
}

const isPromise = (answer: unknown): answer is PromiseLike<unknown> =>
  typeof (answer as PromiseLike<unknown> | undefined | null)?.then === 'function';

const aborted = (signal: Signal, method: string): Error =>
  new OverparamError('ABORTED', `The step of '${method}' was aborted; parameters and state are as before it.`, {
    cause: signal.reason,
  });

function throwIfAborted(signal: Signal | undefined, method: string): void {
  if (signal?.aborted) throw aborted(signal, method);
}

function untilAborted(answer: unknown, signal: Signal | undefined, method: string): unknown {
  if (!signal || !isPromise(answer)) return answer;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(aborted(signal, method));
    const settle = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    answer.then(
      (value) => (settle(), resolve(value)),
      (error: unknown) => (settle(), reject(error as Error)),
    );
    // The oracle may abort while it makes the promise, before anyone listens.
    if (signal.aborted) abort();
  });
}

function asyncAnswer(question: Question, answer: PromiseLike<unknown>, oracle: Housekeeping): Error {
  // Nobody will await it: a later rejection must not end the process.
  answer.then(undefined, () => undefined);
  return new OverparamError(
    'ASYNC_ANSWER',
    `${nameOf(oracle)} answered '${question.name}' with a promise: run the method with runAsync or minimize.`,
  );
}

const abandonFailed = (oracle: Housekeeping, error: unknown, second: unknown): Error =>
  new OverparamError(
    'ABANDON_FAILED',
    `A step failed, and ${nameOf(oracle)} failed to restore what was before it (${second instanceof Error ? second.message : String(second)}): its parameters are not to be trusted. Restore a checkpoint.`,
    { cause: new AggregateError([error, second]) },
  );
