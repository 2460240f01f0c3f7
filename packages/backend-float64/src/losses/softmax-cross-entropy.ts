import { badOption, type Matrix } from '@overparam/core';
import { rowsOf } from '../rows.ts';
import { checkOutputs, sampleWeights, takenOptions, targetMatrix, type Loss, type LossOptions } from './loss.ts';

/**
 * L = 1/N sum_n s_n (ln sum_j e^{f_nj} - sum_k y_nk f_nk), the cross-entropy of the logits f. With p = softmax(f) the
 * gradient is s_n (p - y_n)/N and the Hessian s_n (diag p - p p^T)/N = S S^T with
 * S = (diag(sqrt p) - p sqrt(p)^T) sqrt(s_n/N).
 *
 * @param targets the class of each sample, 0 to C - 1, with `classes`; or N x C probabilities, each row of sum 1
 */
export function softmaxCrossEntropy(
  targets: Matrix | ArrayLike<number>,
  { classes, ...options }: LossOptions & { readonly classes?: number } = {},
): Loss {
  const y = 'rows' in targets ? probabilities(targetMatrix(targets)) : oneHot(targets, classes);
  const { rows: n, columns: c } = y;
  const s = sampleWeights('softmaxCrossEntropy', n, { reduction: 'mean', ...options });
  const row = (a: Matrix, i: number): Float64Array => a.data.subarray(i * c, (i + 1) * c);
  const samples = <T>(
    outputs: Matrix,
    each: (f: Float64Array, target: Float64Array, weight: number, i: number) => T,
  ): T[] => {
    checkOutputs(outputs, y);
    return Array.from({ length: n }, (_, i) => each(row(outputs, i), row(y, i), s[i]!, i));
  };
  const terms = (outputs: Matrix): number[] =>
    samples(outputs, (f, target, weight) => {
      if (weight === 0) return 0;
      const most = Math.max(...f);
      const sum = f.reduce((total, x) => total + Math.exp(x - most), 0);
      return weight * target.reduce((total, t, k) => (t === 0 ? total : total + t * (most - f[k]!)), Math.log(sum));
    });
  return {
    name: 'softmax cross-entropy',
    shape: { samples: n, outputs: c },
    value: (outputs) => terms(outputs).reduce((sum, x) => sum + x, 0),
    terms: (outputs) => Float64Array.from(terms(outputs)),
    gradient(outputs) {
      const data = new Float64Array(n * c);
      samples(outputs, (f, target, weight, i) =>
        data.set(
          softmax(f).map((p, k) => weight * (p - target[k]!)),
          i * c,
        ),
      );
      return { rows: n, columns: c, data };
    },
    hessianFactor(outputs) {
      const data = new Float64Array(n * c * c);
      samples(outputs, (f, _, weight, i) => {
        const p = softmax(f);
        const root = Math.sqrt(weight);
        for (let k = 0; k < c; k++)
          for (let j = 0; j < c; j++)
            data[(i * c + k) * c + j] = root * ((k === j ? Math.sqrt(p[k]!) : 0) - p[k]! * Math.sqrt(p[j]!));
      });
      return { rows: n * c, columns: c, data };
    },
    take: (taken) => softmaxCrossEntropy(rowsOf(y, taken), takenOptions(options, taken)),
  };
}

function softmax(f: Float64Array): Float64Array {
  const most = Math.max(...f);
  const e = f.map((x) => Math.exp(x - most));
  const sum = e.reduce((total, x) => total + x, 0);
  return e.map((x) => x / sum);
}

function probabilities(y: Matrix): Matrix {
  for (let i = 0; i < y.rows; i++) {
    const row = y.data.subarray(i * y.columns, (i + 1) * y.columns);
    const sum = row.reduce((total, p) => total + p, 0);
    if (row.some((p) => p < 0) || Math.abs(sum - 1) > 1e-6)
      throw badOption(`Row ${i} of the targets`, `[${row.join(', ')}]`, 'probabilities of sum 1');
  }
  return y;
}

function oneHot(labels: ArrayLike<number>, classes: number | undefined): Matrix {
  const c = classes!;
  if (!(Number.isInteger(c) && c >= 1)) throw badOption('classes', classes, 'how many classes there are');
  const y = targetMatrix({ rows: labels.length, columns: c, data: new Float64Array(labels.length * c) });
  Array.from(labels).forEach((label, i) => {
    if (!(Number.isInteger(label) && label >= 0 && label < c))
      throw badOption(`targets[${i}]`, label, `a class from 0 to ${c - 1}`);
    y.data[i * c + label] = 1;
  });
  return y;
}
