import { whenAnswered, type Between } from './interposed.ts';

/** What goes wrong at one question of a step. */
export type Fault = 'throws' | 'throws after the answer' | 'aborts' | 'NaN' | 'Infinity' | '-Infinity';

/** What an injected exception says. */
export const injected = 'a fault that the conformance suite injected';

/** Lets one question of a step, the k-th, go wrong. */
export const faultAt =
  (k: number, fault: Fault, abort: AbortController): Between =>
  (ask, _, index) => {
    if (index !== k) return ask();
    if (fault === 'throws') throw new Error(injected);
    if (fault === 'aborts') abort.abort();
    return whenAnswered(ask(), (answer) => {
      if (fault === 'throws after the answer') throw new Error(injected);
      return fault === 'aborts' ? answer : spoiled(answer, Number(fault));
    });
  };

/** Names, indices and sizes do not come from arithmetic: they stay. */
const exact = ['samples', 'rows', 'columns', 'outputs', 'parameters'];

/** The answer with each number replaced. */
function spoiled(answer: unknown, by: number): unknown {
  if (typeof answer === 'number') return by;
  if (ArrayBuffer.isView(answer)) return (answer as Float64Array).slice().fill(by);
  if (Array.isArray(answer)) return answer.map((entry) => spoiled(entry, by));
  if (typeof answer !== 'object' || answer === null) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, exact.includes(key) ? value : spoiled(value, by)]),
  );
}
