export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** a + t b */
export const plus = (a: Float64Array, t: number, b: Float64Array): Float64Array => a.map((x, i) => x + t * b[i]!);

export const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
