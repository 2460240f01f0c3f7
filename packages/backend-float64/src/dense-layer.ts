import { isOverparamError, type Matrix } from '@overparam/core';
import { matrix, multiply, type MultiplyOptions } from '@overparam/linear-algebra';
import type { Activation } from './activations.ts';
import type { Range } from './modules.ts';

/** The weights of one layer. */
export interface LayerWeights {
  /** inputs x units */
  readonly kernel: Matrix;
  /** Of `units` numbers; absent where the layer has none. */
  readonly bias?: Float64Array;
}

/** A layer, and where its parameters are: the kernel row by row, and then the bias. */
export interface PlacedLayer {
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  readonly bias: boolean;
  readonly scale: number;
  readonly activation: Activation;
  readonly range: Range;
}

/** What a layer did. */
export interface LayerPass {
  readonly layer: PlacedLayer;
  /** a, N x inputs */
  readonly a: Matrix;
  /** W, inputs x units */
  readonly W: Matrix;
  /** s'(z), N x units */
  readonly slope: Matrix;
}

/** Views of w. */
export function weightsOf({ inputs, units, bias, range: [from, to] }: PlacedLayer, w: Float64Array): LayerWeights {
  const kernel = matrix(inputs, units, w.subarray(from, from + inputs * units));
  return bias ? { kernel, bias: w.subarray(to - units, to) } : { kernel };
}

/** The product; NaN throughout where a factor is not finite, which a step that is too long may bring about. */
export function product(a: Matrix, b: Matrix, options?: MultiplyOptions): Matrix {
  try {
    return multiply(a, b, options);
  } catch (error) {
    if (!isOverparamError(error, 'NOT_FINITE')) throw error;
    const rows = options?.transposeA ? a.columns : a.rows;
    const columns = options?.transposeB ? b.rows : b.columns;
    return matrix(rows, columns, new Float64Array(rows * columns).fill(NaN));
  }
}
