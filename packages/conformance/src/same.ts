import { ensure, shown } from './promise-broken.ts';

/** Whether two values are equal in all their parts, NaN included; typed arrays as arrays. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [one, other] = [Object.entries(a), Object.entries(b)];
  return (
    one.length === other.length &&
    one.every(([key, value]) => key in b && same(value, (b as Record<string, unknown>)[key]))
  );
}

export function ensureSame(actual: unknown, expected: unknown, what: string): void {
  ensure(same(actual, expected), () => `${what}: ${shown(actual)} instead of ${shown(expected)}`);
}
