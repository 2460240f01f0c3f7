/** The value below which a share p of the values lies, linear between neighbours; NaN where there is nothing. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const at = p * (sorted.length - 1);
  const left = sorted[Math.floor(at)]!;
  const right = sorted[Math.ceil(at)]!;
  // Between infinite neighbours a difference would be NaN.
  return left === right ? left : left + (at - Math.floor(at)) * (right - left);
}

/** NaN where there is nothing. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

export interface Quartiles {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** NaN where there is nothing. */
export const quartiles = (values: readonly number[]): Quartiles => ({
  low: quantile(values, 0.25),
  middle: median(values),
  high: quantile(values, 0.75),
});
