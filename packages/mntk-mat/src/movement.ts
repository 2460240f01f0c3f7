/** What is remembered of a module's lambda_max; plain data. */
export interface LambdaHistory {
  /** lambda(0) */
  readonly first: number;
  /** lambda(1); null before the second selection. */
  readonly second: number | null;
  /** lambda(t - 1) */
  readonly last: number;
}

/**
 * How lambda's movement is measured: `change`, |lambda(t) - lambda(t - 1)| / |lambda(1) - lambda(0)|; or `drift`,
 * |D(t) - D(t - 1)| / D(1) with D(t) = |lambda(t) - lambda(0)|.
 */
export type Movement = 'change' | 'drift';

/** delta(t); null while there is no first movement to compare with. */
export function movement(how: Movement, { first, second, last }: LambdaHistory, lambda: number): number | null {
  if (second === null || second === first) return null;
  const moved = how === 'change' ? lambda - last : Math.abs(lambda - first) - Math.abs(last - first);
  return Math.abs(moved) / Math.abs(second - first);
}

export const remembered = (before: LambdaHistory | undefined, lambda: number): LambdaHistory => ({
  first: before?.first ?? lambda,
  second: before ? (before.second ?? lambda) : null,
  last: lambda,
});
