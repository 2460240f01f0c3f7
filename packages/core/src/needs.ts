import { OverparamError } from './error.ts';
import type { Method } from './method.ts';
import type { Housekeeping } from './oracle.ts';

/** The oracle's name in messages. */
export const nameOf = (oracle: Housekeeping): string => oracle.name ?? 'this oracle';

/** The questions that a step may ask of this oracle. */
export const questionsOf = <S, R, O extends object>(
  { needs, wants = [] }: Method<S, R, O>,
  oracle: O,
): readonly (keyof O & string)[] => [...needs, ...wants.filter((question) => typeof oracle[question] === 'function')];

/**
 * Checks that the oracle answers every question in `method.needs`.
 * @throws OverparamError `MISSING_QUESTION`, which names the method, the question and the backend.
 */
export function checkNeeds<S, R, O extends object>(method: Method<S, R, O>, oracle: O & Housekeeping): void {
  const missing = method.needs.filter((question) => typeof oracle[question] !== 'function');
  if (missing.length === 0) return;
  throw new OverparamError(
    'MISSING_QUESTION',
    `The method '${method.name}' asks ${missing.map((question) => `'${question}'`).join(', ')}, which ${nameOf(oracle)} does not answer. ` +
      `Use a backend that does, or a variant of the method that needs only linearize, probe and move.`,
  );
}
