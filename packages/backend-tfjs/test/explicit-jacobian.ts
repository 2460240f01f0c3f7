import * as tf from '@tensorflow/tfjs';

/** J of outputs of shape N x C by one gradient of tfjs for each output of each sample, row n C + k. */
export function explicitJacobian(outputs: () => tf.Tensor, variables: readonly tf.Variable[]): Float64Array[] {
  const [samples, width] = tf.tidy(() => outputs().shape) as [number, number];
  const rows: Float64Array[] = [];
  for (let n = 0; n < samples; n++)
    for (let k = 0; k < width; k++) {
      const { value, grads } = tf.variableGrads(() => tf.slice(outputs(), [n, k], [1, 1]).asScalar(), [...variables]);
      rows.push(Float64Array.from(variables.flatMap((variable) => Array.from(flat(grads[variable.name], variable)))));
      tf.dispose([value, grads]);
    }
  return rows;
}

const flat = (gradient: tf.Tensor | null | undefined, { size }: tf.Variable): ArrayLike<number> =>
  gradient?.dataSync() ?? new Float32Array(size);

/** J J^T */
export const gram = (J: readonly Float64Array[]): number[][] => J.map((a) => J.map((b) => dot(a, b)));

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
