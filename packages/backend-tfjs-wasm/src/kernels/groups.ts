import { type KernelHost } from './host.ts';

// A sum that threads share is a sum of sums. So that its bits do not depend on the threads, how it is grouped depends on the
// shapes alone, on one thread as well; and the groups are summed in their order.

/** Into how many groups a sum is split at most. */
export const maxGroups = 16;

/** The number of groups for a sum of n numbers; a group has at least 32,768 of them. */
export const groupsOf = (numbers: number): number => Math.max(1, Math.min(maxGroups, Math.floor(numbers / 32768)));

const sum = 0;

/** Has `write` write `count` numbers for each group, and writes their sum over the groups to `to`. */
export function sumOfGroups(
  host: KernelHost,
  groups: number,
  count: number,
  to: number,
  write: (partial: (group: number) => number) => void,
): void {
  if (groups === 1) return write(() => to);
  host.scratch(4 * groups * count, (at) => {
    write((group) => at + 4 * group * count);
    host.run('reduce', [sum, at, 1, groups, count, 1, to]);
  });
}
