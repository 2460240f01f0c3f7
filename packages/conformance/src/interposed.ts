import type { Question } from '@overparam/core';
import { Finding } from './promise-broken.ts';

/** Sits between a method and its oracle: receives each question with its index in the step, and answers it. */
export type Between = (ask: () => unknown, question: Question, index: number) => unknown;

/** More questions than any method needs: beyond, a step is taken for one that never ends. */
const endless = 10_000;

/** The same oracle, with someone between. Housekeeping passes through. */
export function interposed<O extends object>(oracle: O, between: Between): O {
  let index = 0;
  return new Proxy(oracle, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name === 'symbol') return member;
      if (name === 'abandon' || name === 'finish') return member.bind(target) as unknown;
      return (...args: readonly unknown[]): unknown => {
        if (index === endless) throw new Finding(`one step asked ${endless} questions, the last ones '${name}'`);
        return between(() => member.apply(target, args) as unknown, { name, args }, index++);
      };
    },
  });
}

/** Applies a function to an answer, when it comes. */
export function whenAnswered<T>(answer: unknown, then: (answer: unknown) => T): T | Promise<T> {
  const promised = answer as PromiseLike<unknown> | undefined | null;
  return typeof promised?.then === 'function' ? Promise.resolve(promised).then(then) : then(answer);
}
