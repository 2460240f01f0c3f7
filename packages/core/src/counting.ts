import { observing } from './observing.ts';

/** How often each question was asked; a question that never was is absent. */
export type Counts = Record<string, number>;

/** The same oracle, and a live count of the questions that were put to it. */
export function counting<O extends object>(oracle: O): { readonly oracle: O; readonly counts: Counts } {
  const counts: Counts = {};
  return { counts, oracle: observing(oracle, { asked: ({ name }) => void (counts[name] = (counts[name] ?? 0) + 1) }) };
}
