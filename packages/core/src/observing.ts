import type { Question } from './ask.ts';
import type { Housekeeping } from './oracle.ts';

/** Who watches an oracle. An exception of `asked` reaches the method as if the oracle had thrown it. */
export interface Observer {
  asked?(question: Question): void;
  answered?(question: Question, answer: unknown): void;
  failed?(question: Question, error: unknown): void;
}

const housekeeping: readonly (string | symbol)[] = ['abandon', 'finish'] satisfies (keyof Housekeeping)[];

/** The same oracle, with an observer that sees every question and every answer. Housekeeping is not a question. */
export function observing<O extends object>(oracle: O, observer: Observer): O {
  return new Proxy(oracle, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name === 'symbol') return member;
      if (housekeeping.includes(name)) return member.bind(target) as unknown;
      return (...args: readonly unknown[]): unknown => {
        const question = { name, args };
        const answered = (answer: unknown): unknown => (observer.answered?.(question, answer), answer);
        const failed = (error: unknown): never => {
          observer.failed?.(question, error);
          throw error;
        };
        observer.asked?.(question);
        let answer: unknown;
        try {
          answer = member.apply(target, args);
        } catch (error) {
          return failed(error);
        }
        const then = (answer as PromiseLike<unknown> | undefined | null)?.then;
        return typeof then === 'function' ? then.call(answer, answered, failed) : answered(answer);
      };
    },
  });
}
