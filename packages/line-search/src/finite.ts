import { checkedNumber, type Condition } from './line.ts';

/** The same condition, for finite trials alone: without it, a trial of -Infinity passes for a great decrease. */
export const finite =
  (accept: Condition<number>): Condition<number> =>
  (step, value, line) =>
    Number.isFinite(checkedNumber('finite', step, value)) && accept(step, value, line);
