import type { Problem, Rows } from './problem.ts';
import type { Numbers } from './precision.ts';

/** What the exact numbers of a {@link Problem} are, in float64, for some of its samples. */
export interface Network {
  /** N x C, row-major. */
  outputs(w: Numbers): Float64Array;
  /** The loss of each sample; f is their mean. */
  losses(w: Numbers): Float64Array;
  value(w: Numbers): number;
  /** dL / d outputs, N x C. */
  lossGradient(w: Numbers): Float64Array;
  /** J, N C x P, row-major. */
  jacobian(w: Numbers): Float64Array;
  gradient(w: Numbers): Float64Array;
}

/** The weights one after the other, each row by row: the order of parameters in which `read` gives them. */
export const flatWeights = ({ weights }: Pick<Problem, 'weights'>): Float64Array => Float64Array.from(weights.flat(2));

/** 1 for a parameter of one of the modules, 0 for another. */
export function maskOf({ weights, modules }: Problem, wanted: readonly string[] = modules): Float64Array {
  return Float64Array.from(weights.flatMap((W, k) => W.flat().map(() => (wanted.includes(modules[k]!) ? 1 : 0))));
}

export function network(
  problem: Problem,
  samples: readonly number[] = problem.inputs.map((_, n) => n),
  inputs: Rows = problem.inputs,
): Network {
  const x = samples.map((n) => inputs[n]!);
  const y = samples.flatMap((n) => problem.targets[n]!);
  const N = x.length;
  const C = problem.targets[0]!.length;
  const shapes = problem.weights.map((W) => ({ rows: W.length, columns: W[0]!.length }));
  const offsets = shapes.map((_, k) => shapes.slice(0, k).reduce((sum, { rows, columns }) => sum + rows * columns, 0));
  const P = shapes.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const last = shapes.length - 1;

  /** A_0, A_1, ..., outputs for one sample. */
  const activations = (w: Numbers, input: readonly number[]): (readonly number[])[] => {
    const layers: (readonly number[])[] = [input];
    shapes.forEach(({ columns }, k) => {
      const z = Array.from({ length: columns }, (_, j) =>
        layers[k]!.reduce((sum, a, i) => sum + a * w[offsets[k]! + i * columns + j]!, 0),
      );
      layers.push(k < last ? z.map(Math.tanh) : z);
    });
    return layers;
  };
  const outputs = (w: Numbers): Float64Array => Float64Array.from(x.flatMap((input) => activations(w, input).at(-1)!));
  const residuals = (w: Numbers): Float64Array => outputs(w).map((out, i) => out - y[i]!);
  const losses = (w: Numbers): Float64Array => {
    const r = residuals(w);
    return Float64Array.from(x, (_, n) => r.subarray(n * C, n * C + C).reduce((sum, v) => sum + v * v, 0) / 2);
  };
  const jacobian = (w: Numbers): Float64Array => {
    const J = new Float64Array(N * C * P);
    x.forEach((input, n) => {
      const layers = activations(w, input);
      for (let c = 0; c < C; c++) {
        const row = (n * C + c) * P;
        let delta: readonly number[] = Array.from({ length: C }, (_, j) => (j === c ? 1 : 0));
        for (let k = last; k >= 0; k--) {
          const { columns } = shapes[k]!;
          const below = layers[k]!;
          const at = offsets[k]!;
          below.forEach((a, i) => delta.forEach((b, j) => (J[row + at + i * columns + j] = a * b)));
          delta = below.map((a, i) => (1 - a * a) * delta.reduce((sum, b, j) => sum + b * w[at + i * columns + j]!, 0));
        }
      }
    });
    return J;
  };
  const lossGradient = (w: Numbers): Float64Array => residuals(w).map((r) => r / N);
  return {
    outputs,
    losses,
    value: (w) => losses(w).reduce((sum, l) => sum + l, 0) / N,
    lossGradient,
    jacobian,
    gradient(w) {
      const [J, u] = [jacobian(w), lossGradient(w)];
      return Float64Array.from({ length: P }, (_, p) => u.reduce((sum, v, i) => sum + v * J[i * P + p]!, 0));
    },
  };
}
