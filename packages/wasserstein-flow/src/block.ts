/** Vectors of these lengths, of zeros, in one buffer: to allocate one is what costs, more than to fill it. */
export function block<const Lengths extends readonly number[]>(
  ...lengths: Lengths
): { [K in keyof Lengths]: Float64Array } {
  let total = 0;
  for (const length of lengths) total += length;
  const { buffer } = new Float64Array(total);
  let from = 0;
  const vectors = lengths.map((length) => {
    const vector = new Float64Array(buffer, 8 * from, length);
    from += length;
    return vector;
  });
  return vectors as { [K in keyof Lengths]: Float64Array };
}
