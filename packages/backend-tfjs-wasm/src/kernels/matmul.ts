import { broadcast_util, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { call } from './call.ts';
import { afterwards, type Finish, type Fused, withFinish } from './finish.ts';
import { type KernelHost } from './host.ts';
import { isNumeric } from './values.ts';
import { type Matrix, multiply, type Product, rowMajor, transposed } from './product.ts';

/** op(A) op(B) for each pair of matrices of two batches, which broadcast, then bias and activation. */
export interface MatMul extends Fused {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

export function matMul(
  host: KernelHost,
  { a, b, transposeA = false, transposeB = false, ...fused }: MatMul,
): TensorInfo {
  util.assert(
    a.shape.length >= 2 && b.shape.length >= 2,
    () => `matMul of shapes [${a.shape}] and [${b.shape}]: it takes matrices.`,
  );
  const [m, ka] = matrixShape(a, transposeA);
  const [kb, n] = matrixShape(b, transposeB);
  util.assert(ka === kb, () => `matMul of inner sizes ${ka} and ${kb}: they must be equal.`);
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const shape = [...batch, m, n];
  if (a.dtype !== b.dtype || !isNumeric(a))
    throw new WasmError('BAD_DTYPE', `matMul of ${a.dtype} and ${b.dtype}: it takes numbers of one type. Use tf.cast.`);
  // A sum of products of bools is bool: whether there is one.
  if (a.dtype === 'bool') return afterwards(host, boolMatMul(host, { a, b, transposeA, transposeB }), fused);
  if (a.dtype === 'int32') return afterwards(host, integerMatMul(host, a, b, transposeA, transposeB, shape), fused);
  return withFinish(host, fused, shape, (finish) =>
    host.make(shape, 'float32', (out) => {
      const ab = sources(host, a, b, transposeA, transposeB);
      // One matrix for the whole batch: all its rows make one tall product.
      if (util.sizeFromShape(batchB) === 1 && !transposeA && util.sizeFromShape(batch) > 1) {
        const rows = util.sizeFromShape(batch) * m;
        run(host, [{ a: rowMajor(host.offset(a), rows, ka), b: ab.b(0) }], out, rows * n, finish);
      } else {
        const products = inSteps(batchA, batchB, batch).map(({ a, b, count, stepA, stepB }) => ({
          ...{ a: ab.a(a), b: ab.b(b), count },
          ...{ aStep: 4 * stepA * m * ka, bStep: 4 * stepB * ka * n },
        }));
        run(host, products, out, m * n, finish);
      }
    }),
  );
}

function matrixShape({ shape }: TensorInfo, transpose: boolean): readonly [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transpose ? [columns, rows] : [rows, columns];
}

function sources(host: KernelHost, a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean) {
  const of = (t: TensorInfo, transpose: boolean) => {
    const [rows, columns] = t.shape.slice(-2) as [number, number];
    const at = host.offset(t);
    return (index: number): Matrix => {
      const matrix = rowMajor(at + 4 * index * rows * columns, rows, columns);
      return transpose ? transposed(matrix) : matrix;
    };
  };
  return { a: of(a, transposeA), b: of(b, transposeB) };
}

/** For each matrix of the broadcast batch, which matrix of the smaller batch it is. */
export function broadcastIndex(from: readonly number[], to: readonly number[]): number[] {
  if (to.length === 0) return [0];
  let index = [0];
  let stride = util.sizeFromShape(from as number[]);
  for (let d = 0; d < to.length; d++) {
    const size = from[d - (to.length - from.length)] ?? 1;
    stride = size === 0 ? 0 : stride / size;
    const step = size === 1 ? 0 : stride;
    index = index.flatMap((i) => Array.from({ length: to[d]! }, (_, j) => i + j * step));
  }
  return index;
}

/** Pairs of matrices of two batches at equal strides: the first pair, the number of pairs, and the strides. */
interface Run {
  a: number;
  b: number;
  count: number;
  stepA: number;
  stepB: number;
}

/** The pairs of two batches that broadcast to `batch`, in as few runs as there can be. */
function inSteps(batchA: readonly number[], batchB: readonly number[], batch: readonly number[]): readonly Run[] {
  const whole = util.sizeFromShape(batch as number[]);
  if ([batchA, batchB].every((shape) => util.sizeFromShape(shape as number[]) === whole))
    return whole === 0 ? [] : [{ a: 0, b: 0, count: whole, stepA: 1, stepB: 1 }];
  const [indexA, indexB] = [broadcastIndex(batchA, batch), broadcastIndex(batchB, batch)];
  const runs: Run[] = [];
  indexA.forEach((a, i) => {
    const [b, run] = [indexB[i]!, runs[runs.length - 1]];
    const [stepA, stepB] = i === 0 ? [0, 0] : [a - indexA[i - 1]!, b - indexB[i - 1]!];
    if (run && (run.count === 1 || (run.stepA === stepA && run.stepB === stepB)))
      Object.assign(run, { count: run.count + 1, stepA, stepB });
    else runs.push({ a, b, count: 1, stepA: 0, stepB: 0 });
  });
  return runs;
}

/** Products whose results lie side by side in `out`, each of `size` numbers. */
function run(
  host: KernelHost,
  products: readonly Omit<Product, 'c'>[],
  out: TensorInfo,
  size: number,
  finish: Finish,
): void {
  if (size === 0) return;
  let done = 0;
  multiply(
    host,
    products.map((product) => {
      const slopes = finish.slopeStride ? finish.slopes + 4 * done * size : finish.slopes;
      const c = host.offset(out) + 4 * done * size;
      done += product.count ?? 1;
      return { ...product, c, finish: { ...finish, slopes } };
    }),
  );
}

function boolMatMul(host: KernelHost, { a, b, ...transposed }: MatMul): TensorInfo {
  const made: TensorInfo[] = [];
  const cast = (x: TensorInfo, dtype: 'int32' | 'bool'): TensorInfo => call(host, 'Cast', { x }, { dtype });
  try {
    made.push(cast(a, 'int32'), cast(b, 'int32'));
    made.push(matMul(host, { a: made[0]!, b: made[1]!, ...transposed }));
    return cast(made[2]!, 'bool');
  } finally {
    made.forEach((tensor) => host.free(tensor));
  }
}

function integerMatMul(
  host: KernelHost,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
  shape: number[],
): TensorInfo {
  const batch = shape.slice(0, -2);
  const [indexA, indexB] = [broadcastIndex(a.shape.slice(0, -2), batch), broadcastIndex(b.shape.slice(0, -2), batch)];
  const ab = sources(host, a, b, transposeA, transposeB);
  const [m, n] = shape.slice(-2) as [number, number];
  return host.make(shape, 'int32', (out) =>
    indexA.forEach((i, at) => {
      const [x, y] = [ab.a(i), ab.b(indexB[at]!)];
      host.run('integerGemm', [
        ...[x.at, x.rowStride, x.columnStride, y.at, y.rowStride, y.columnStride],
        ...[host.offset(out) + 4 * at * m * n, m, n, x.columns],
      ]);
    }),
  );
}

/** BatchMatMul and _FusedMatMul. */
export function matMulKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const kernel: KernelFunc = ({ inputs, attrs }) => matMul(host, { ...inputs, ...attrs } as unknown as MatMul);
  return { BatchMatMul: kernel, _FusedMatMul: kernel };
}
