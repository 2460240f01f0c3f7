import { type Matrix } from '@overparam/core';

export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** x + a y */
export const plus = (x: Float64Array, a: number, y: Float64Array): Float64Array => x.map((xi, i) => xi + a * y[i]!);

export const scaled = (a: number, x: Float64Array): Float64Array => (a === 1 ? x : x.map((xi) => a * xi));

export const allFinite = (x: Float64Array): boolean => x.every(Number.isFinite);

/** max_i |x_i| */
export const largest = (x: Float64Array): number => x.reduce((most, xi) => Math.max(most, Math.abs(xi)), 0);

/** The diagonal of J^T J. */
export function squaredColumns({ columns, data }: Matrix): Float64Array {
  const sums = new Float64Array(columns);
  data.forEach((x, i) => (sums[i % columns]! += x * x));
  return sums;
}
