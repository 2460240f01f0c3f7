import type { Numbers } from './precision.ts';

export const dot = (a: Numbers, b: Numbers): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
export const norm = (a: Numbers): number => Math.sqrt(dot(a, a));
/** a + t b */
export const plus = (a: Numbers, t: number, b: Numbers): Float64Array =>
  Float64Array.from({ length: a.length }, (_, i) => a[i]! + t * b[i]!);
export const times = (a: Numbers, b: Numbers): Float64Array =>
  Float64Array.from({ length: a.length }, (_, i) => a[i]! * b[i]!);
