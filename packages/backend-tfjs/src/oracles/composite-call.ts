import { keep, tensor, tensor2d, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { badOption, type Matrix } from '@overparam/core';
import { entriesOf, type Selection } from '../modules/part.ts';
import { read, type Reading } from '../recording/reading.ts';
import { shapeOf } from '../tangent/sites/site-part.ts';
import type { Batch } from './batch.ts';

/** What the model and the loss did when the step began, and what was asked of it. */
export interface CompositeCall {
  readonly batch: Batch;
  /** The last kernel of all samples, and of which variables it was. */
  kernel?: { readonly key: string; readonly data: Float64Array };
  /** dL / d outputs, where it was asked for. */
  gradient?: Float64Array;
  dispose(): void;
}

export function* matrixOf(tensor: Tensor, rows: number, columns: number): Reading<Matrix> {
  return { rows, columns, data: Float64Array.from(yield* read(tensor)) };
}

export function asTensor({ batch: { samples, width } }: CompositeCall, u: Matrix, question: string): Tensor {
  if (u.rows !== samples || u.columns !== width)
    throw badOption(`The matrix of '${question}'`, `${u.rows} x ${u.columns}`, `${samples} x ${width}, as the outputs`);
  if (!u.data.every(Number.isFinite)) throw badOption(`The matrix of '${question}'`, 'not finite', 'finite numbers');
  return tensor2d(Float32Array.from(u.data), [samples, width]);
}

/** J^T u, one tensor per selected part, 0 where the outputs do not depend on it. */
export function transposed({ batch }: CompositeCall, u: Tensor, moving: Selection, around = false): Tensor[] {
  const parts = batch.jacobian.transposed(u, moving, around);
  return [...moving].map(([i, part]) => parts.get(i) ?? keep(zeros(shapeOf(batch.variables[i]!.shape, part))));
}

export function gradient(call: CompositeCall, moving: Selection, around?: boolean): Tensor[] {
  const dL = call.batch.loss.gradient();
  try {
    return transposed(call, dL, moving, around);
  } finally {
    dL.dispose();
  }
}

/** -d as tensors. */
export function opposite({ batch }: CompositeCall, moving: Selection, d: Float64Array, length: number): Tensor[] {
  if (d.length !== length) throw badOption("The direction of 'direct'", `of length ${d.length}`, `length ${length}`);
  if (!d.every(Number.isFinite)) throw badOption("The direction of 'direct'", 'not finite', 'finite numbers');
  let start = 0;
  return [...moving].map(([i, part]) => {
    const variable = batch.variables[i]!;
    const end = start + entriesOf(variable, part);
    const values = Float32Array.from(d.subarray(start, end), (x) => -x);
    start = end;
    return keep(tensor(values, shapeOf(variable.shape, part)));
  });
}
