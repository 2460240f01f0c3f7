import { badOption, type Matrix } from '@overparam/core';

/** The rows of these samples, `each` to a sample. */
export function rowsOf(a: Matrix, samples: readonly number[], each: number = 1): Matrix {
  const width = each * a.columns;
  const data = new Float64Array(samples.length * width);
  samples.forEach((n, i) => {
    if (!(Number.isInteger(n) && n >= 0 && n * each < a.rows))
      throw badOption(`samples[${i}]`, n, `a sample of the batch, 0 to ${a.rows / each - 1}`);
    data.set(a.data.subarray(n * width, (n + 1) * width), i * width);
  });
  return { rows: samples.length * each, columns: a.columns, data };
}
