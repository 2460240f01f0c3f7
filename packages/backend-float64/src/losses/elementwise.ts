import type { Matrix } from '@overparam/core';
import { rowsOf } from '../rows.ts';
import { checkOutputs, sampleWeights, takenOptions, targetMatrix, type Loss, type LossOptions } from './loss.ts';

/** l(f, y) and its first two derivatives in f. */
export type Elementwise = (f: number, y: number) => readonly [value: number, first: number, second: number];

/** L = sum_nk s_n l(f_nk, y_nk), over s_n / N for the mean: its Hessian is diagonal. */
export function elementwise(
  name: string,
  l: Elementwise,
  targets: Matrix | ArrayLike<number>,
  options: LossOptions & Required<Pick<LossOptions, 'reduction'>>,
): Loss {
  const y = targetMatrix(targets);
  const { rows: n, columns: c } = y;
  const s = sampleWeights(name, n, options);
  const each = (outputs: Matrix, which: 0 | 1 | 2): Float64Array => {
    checkOutputs(outputs, y);
    // A sample of weight zero counts for nothing, also where its loss is not finite.
    return outputs.data.map((f, i) => {
      const weight = s[Math.floor(i / c)]!;
      return weight === 0 ? 0 : weight * l(f, y.data[i]!)[which];
    });
  };
  return {
    name,
    shape: { samples: n, outputs: c },
    value: (outputs) => each(outputs, 0).reduce((sum, x) => sum + x, 0),
    terms(outputs) {
      const all = each(outputs, 0);
      return Float64Array.from({ length: n }, (_, i) =>
        all.subarray(i * c, (i + 1) * c).reduce((sum, x) => sum + x, 0),
      );
    },
    gradient: (outputs) => ({ rows: n, columns: c, data: each(outputs, 1) }),
    hessianFactor(outputs) {
      const data = new Float64Array(n * c * c);
      each(outputs, 2).forEach((h, i) => (data[i * c + (i % c)] = Math.sqrt(Math.max(0, h))));
      return { rows: n * c, columns: c, data };
    },
    take: (samples) => elementwise(name, l, rowsOf(y, samples), takenOptions(options, samples)),
  };
}
