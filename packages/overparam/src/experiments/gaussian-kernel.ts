import type { SparseRows } from '@overparam/datasets';

/** The rows with these numbers, in this order. */
export function takeRows({ shape, labels, starts, columns, values }: SparseRows, numbers: Uint32Array): SparseRows {
  const lengths = Array.from(numbers, (row) => starts[row + 1]! - starts[row]!);
  const taken = new Uint32Array(numbers.length + 1);
  lengths.forEach((length, i) => (taken[i + 1] = taken[i]! + length));
  const total = taken[numbers.length]!;
  const result = { columns: new Uint32Array(total), values: new Float64Array(total) };
  numbers.forEach((row, i) => {
    result.columns.set(columns.subarray(starts[row], starts[row + 1]), taken[i]);
    result.values.set(values.subarray(starts[row], starts[row + 1]), taken[i]);
  });
  return {
    ...result,
    shape: [numbers.length, shape[1]],
    labels: Float64Array.from(numbers, (row) => labels[row]!),
    starts: taken,
  };
}

/**
 * k(a, b) = exp(-|a - b|^2 / (2 s^2)) for all rows a and centres b.
 * @returns shape [rows, centres], row-major
 */
export function gaussianKernel(rows: SparseRows, centres: SparseRows, s: number): Float32Array {
  const [n, features] = rows.shape;
  const [m] = centres.shape;
  const kernel = new Float32Array(n * m);
  const rowNorms = squaredNorms(rows);
  const centreNorms = squaredNorms(centres);
  const dense = new Float64Array(features);
  for (let i = 0; i < n; i++) {
    dense.fill(0);
    for (let k = rows.starts[i]!; k < rows.starts[i + 1]!; k++) dense[rows.columns[k]!] = rows.values[k]!;
    for (let j = 0; j < m; j++) {
      let product = 0;
      for (let k = centres.starts[j]!, end = centres.starts[j + 1]!; k < end; k++)
        product += centres.values[k]! * dense[centres.columns[k]!]!;
      const squaredDistance = Math.max(0, rowNorms[i]! + centreNorms[j]! - 2 * product);
      kernel[i * m + j] = Math.exp(-squaredDistance / (2 * s * s));
    }
  }
  return kernel;
}

const squaredNorms = ({ shape, starts, values }: SparseRows): Float64Array =>
  Float64Array.from({ length: shape[0] }, (_, i) => {
    let sum = 0;
    for (let k = starts[i]!; k < starts[i + 1]!; k++) sum += values[k]! ** 2;
    return sum;
  });
