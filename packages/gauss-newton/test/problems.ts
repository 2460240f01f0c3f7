import {
  composite,
  denseNetwork,
  softmaxCrossEntropy,
  squaredError,
  type Float64CompositeOracle,
  type Loss,
} from '@overparam/backend-float64';
import { matrix, multiply, type Matrix } from '@overparam/linear-algebra';

/** Uniform in (-1, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

export const randomMatrix = (rows: number, columns: number, next: () => number): Matrix =>
  matrix(rows, columns, Float64Array.from({ length: rows * columns }, next));

export const vector = (length: number, next: () => number): Float64Array => Float64Array.from({ length }, next);

export const product = (a: Matrix, x: Float64Array, transposeA = false): Float64Array =>
  multiply(a, matrix(x.length, 1, x), { transposeA }).data;

export const norm = (x: ArrayLike<number>): number => Math.hypot(...Array.from(x));

/** |a - b| / |b| */
export const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  norm(Array.from(a, (x, i) => x - b[i]!)) / (norm(b) || 1);

export const moved = (from: Float64Array, oracle: Float64CompositeOracle): Float64Array =>
  oracle.parameters().map((x, i) => x - from[i]!);

/** Outputs A w, N x C. */
export const linear = (A: Matrix, loss: Loss, start: ArrayLike<number>, C = 1): Float64CompositeOracle =>
  composite({
    model: { outputs: (w) => matrix(A.rows / C, C, product(A, w)), jacobian: () => A },
    loss,
    start,
  });

export interface Tiny {
  readonly samples: number;
  readonly hidden: number;
  readonly outputs?: number;
  readonly loss?: 'squares' | 'classes';
  readonly reduction?: 'mean' | 'sum';
}

/** A network of one hidden layer of tanh, 2 inputs, at random. */
export function network(
  seed: number,
  { samples, hidden, outputs = 1, loss = 'squares', reduction = 'mean' }: Tiny,
): Float64CompositeOracle {
  const next = uniform(seed);
  const model = denseNetwork({
    inputs: randomMatrix(samples, 2, next),
    layers: [{ units: hidden, activation: 'tanh' }, { units: outputs }],
  });
  const start = vector(model.parameters, next);
  const targets =
    loss === 'squares'
      ? squaredError(randomMatrix(samples, outputs, next), { reduction })
      : softmaxCrossEntropy(
          Array.from({ length: samples }, () => Math.floor(((next() + 1) / 2) * outputs)),
          { classes: outputs, reduction },
        );
  return composite({ model, loss: targets, start });
}
