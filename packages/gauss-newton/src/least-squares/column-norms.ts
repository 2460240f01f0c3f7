import type { Matrix } from '@overparam/linear-algebra';

/** The lengths of the columns, without overflow. */
export function columnNorms({ rows, columns, data }: Matrix): Float64Array {
  const largest = new Float64Array(columns);
  const sums = new Float64Array(columns);
  data.forEach((x, i) => (largest[i % columns] = Math.max(largest[i % columns]!, Math.abs(x))));
  for (let i = 0; i < rows * columns; i++)
    if (largest[i % columns]! > 0) sums[i % columns]! += (data[i]! / largest[i % columns]!) ** 2;
  return sums.map((sum, j) => Math.sqrt(sum) * largest[j]!);
}
