import type { Matrix } from '@overparam/core';
import { gram, matrix } from '@overparam/linear-algebra';
import { checkParameters, checkShape, mismatch } from './check.ts';
import { checkModules, size, type Modules, type Range } from './modules.ts';
import type { Model, Tangent } from './model.ts';
import { rowsOf } from './rows.ts';

/** A model as two functions of its parameters. Each call is handed its own copy of w. */
export interface ExplicitModel {
  /** N x C; not finite where it is not defined. */
  outputs(w: Float64Array): Matrix;
  /** N C x P: row n C + k is the gradient of output k of sample n. */
  jacobian(w: Float64Array): Matrix;
}

/** The model of two functions; `outputs` is called once, at `start`, for the shape. */
export function explicitModel(
  { outputs, jacobian }: ExplicitModel,
  start: ArrayLike<number>,
  modules?: Modules,
): Model {
  const w0 = checkParameters(start);
  const parameters = w0.length;
  const first = outputs(w0);
  const { rows, columns } = first;
  if (!(rows >= 1 && columns >= 1))
    throw mismatch(`The outputs are ${rows} x ${columns}: there must be one sample with one output, or more.`);
  checkShape('The matrix of the outputs', first, rows, columns);
  const copied = (a: Matrix): Matrix => ({ ...a, data: Float64Array.from(a.data) });
  const outputsAt = (w: Float64Array): Matrix =>
    checkShape('The matrix of the outputs', outputs(w.slice()), rows, columns);
  const jacobianAt = (w: Float64Array): Matrix =>
    checkShape('The Jacobian', jacobian(w.slice()), rows * columns, parameters);
  const checked = checkModules(modules, parameters);
  const at = (samples?: readonly number[]): Model => ({
    samples: samples?.length ?? rows,
    outputs: columns,
    parameters,
    modules: checked,
    at(w) {
      let f: Matrix | undefined;
      let full: Matrix | undefined;
      return explicitTangent(
        () => (f ??= samples ? rowsOf(outputsAt(w), samples) : copied(outputsAt(w))),
        () => (full ??= samples ? rowsOf(jacobianAt(w), samples, columns) : copied(jacobianAt(w))),
      );
    },
    ...(samples ? {} : { take: at }),
  });
  return at();
}

function explicitTangent(outputs: () => Matrix, full: () => Matrix): Tangent {
  const jacobian = (ranges: readonly Range[]): Matrix => columnsOf(full(), ranges);
  return {
    get outputs() {
      return outputs();
    },
    pull(u, ranges) {
      const { rows, columns, data } = full();
      const out = new Float64Array(columns);
      for (let i = 0; i < rows; i++) {
        const by = u.data[i]!;
        for (const [from, to] of ranges) for (let j = from; j < to; j++) out[j]! += by * data[i * columns + j]!;
      }
      return out;
    },
    push(v, ranges) {
      const { columns, data } = full();
      const { rows: n, columns: c } = outputs();
      const out = matrix(n, c);
      for (let i = 0; i < n * c; i++) {
        let sum = 0;
        for (const [from, to] of ranges) for (let j = from; j < to; j++) sum += data[i * columns + j]! * v[j]!;
        out.data[i] = sum;
      }
      return out;
    },
    kernel(ranges, samples, weights) {
      const all = jacobian(ranges);
      const rows = samples ? rowsOf(all, samples, outputs().columns) : all;
      return gram(weights ? weighted(rows, ranges, weights) : rows);
    },
    squaredColumnNorms(ranges) {
      const { rows, columns, data } = full();
      const out = new Float64Array(columns);
      for (let i = 0; i < rows; i++)
        for (const [from, to] of ranges) for (let j = from; j < to; j++) out[j]! += data[i * columns + j]! ** 2;
      return out;
    },
    jacobian,
  };
}

function columnsOf(a: Matrix, ranges: readonly Range[]): Matrix {
  const width = size(ranges);
  if (width === a.columns) return a;
  const out = matrix(a.rows, width);
  for (let i = 0; i < a.rows; i++) {
    let at = i * width;
    for (const [from, to] of ranges) {
      out.data.set(a.data.subarray(i * a.columns + from, i * a.columns + to), at);
      at += to - from;
    }
  }
  return out;
}

/** A diag(weights)^1/2, for the columns of these ranges. */
function weighted(a: Matrix, ranges: readonly Range[], weights: Float64Array): Matrix {
  const roots = ranges.flatMap(([from, to]) => Array.from(weights.subarray(from, to), Math.sqrt));
  return { ...a, data: a.data.map((x, i) => x * roots[i % a.columns]!) };
}
