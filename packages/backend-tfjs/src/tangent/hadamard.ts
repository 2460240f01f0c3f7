/** A kernel of N samples and C outputs: element (n, k), (m, j) is `data[(n C + k) N C + m C + j]`. */
export interface Kernel {
  readonly data: Float64Array;
  readonly samples: number;
  readonly outputs: number;
}

/**
 * K[(n, k), (m, j)] += sum_ts A[n t, m s] B[n t, m s], in float64, and the same for (j, k), (k, j) when `mirrored`: the
 * Hadamard product of two Gram matrices over T positions a sample.
 * @param a undefined for 1
 */
export function addHadamard(
  { data, samples, outputs }: Kernel,
  k: number,
  j: number,
  a: ArrayLike<number> | undefined,
  b: ArrayLike<number>,
  positions: number,
): void {
  const width = samples * outputs;
  const columns = samples * positions;
  for (let n = 0; n < samples; n++) {
    const row = (n * outputs + k) * width + j;
    if (positions === 1) {
      addRow(data, row, outputs, a, b, n * samples, samples);
      continue;
    }
    for (let t = 0; t < positions; t++) {
      let at = (n * positions + t) * columns;
      for (let m = 0; m < samples; m++) {
        let sum = 0;
        for (let s = 0; s < positions; s++, at++) sum += a ? a[at]! * b[at]! : b[at]!;
        data[row + m * outputs] = data[row + m * outputs]! + sum;
      }
    }
  }
}

/** One position a sample: most layers, and the inner loop of a step. */
function addRow(
  data: Float64Array,
  row: number,
  stride: number,
  a: ArrayLike<number> | undefined,
  b: ArrayLike<number>,
  start: number,
  samples: number,
): void {
  if (a) for (let m = 0, at = row; m < samples; m++, at += stride) data[at]! += a[start + m]! * b[start + m]!;
  else for (let m = 0, at = row; m < samples; m++, at += stride) data[at]! += b[start + m]!;
}

/** Copies the blocks of outputs k > j to j < k: the kernel is symmetric. */
export function mirror({ data, samples, outputs }: Kernel): void {
  const width = samples * outputs;
  for (let row = 0; row < width; row++)
    for (let column = 0; column < width; column++)
      if (row % outputs < column % outputs) data[row * width + column] = data[column * width + row]!;
}
