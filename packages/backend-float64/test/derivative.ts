/** Central differences of a map, of fourth order: row j is the derivative along coordinate j. */
export function derivative(
  f: (w: Float64Array) => ArrayLike<number>,
  w: Float64Array,
  h: number = 1e-3,
): Float64Array[] {
  const at = (j: number, step: number): ArrayLike<number> => f(w.map((x, i) => (i === j ? x + step : x)));
  return Array.from(w, (_, j) => {
    const [a, b, c, d] = [at(j, -2 * h), at(j, -h), at(j, h), at(j, 2 * h)];
    return Float64Array.from(a, (_, i) => (a[i]! - 8 * b[i]! + 8 * c[i]! - d[i]!) / (12 * h));
  });
}

/** The largest difference, relative to the largest entry (or to 1, when that is larger). */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return NaN;
  const scale = Math.max(1, ...Array.from(b, Math.abs));
  return Math.max(0, ...Array.from(a, (x, i) => Math.abs(x - b[i]!))) / scale;
}
