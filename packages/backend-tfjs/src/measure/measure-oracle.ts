import {
  grad,
  matMul,
  reshape,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  valueAndGrad,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Answer, Housekeeping, Matrix, MeasureOracle, Variation } from '@overparam/core';
import { disposeAll, engine } from '../recording/engine.ts';
import { read, readLater, readNow, type Reading } from '../recording/reading.ts';
import { tapeCopies } from '../recording/tape-copies.ts';

export interface MeasureOracleOptions {
  /** phi of n points, n x d to n x N; `batch` is the number of the batch, where the flow is stochastic. */
  features(points: Tensor2D, batch: number | undefined): Tensor2D;
  /** R of y = integral phi dmu, N numbers, on the same batch. */
  loss(y: Tensor1D, batch: number | undefined): Scalar;
  /** For backends that cannot read values at once, such as webgpu: answers are promises. */
  readonly asynchronous?: boolean;
}

/**
 * A {@link MeasureOracle} for R(integral phi dmu) with phi and R given as tfjs functions, on the backend in use: for many
 * particles of many dimensions. In float32, as tfjs is; a certificate wants float64.
 *
 * Where the variation is asked at the particles, phi is evaluated once; with `asynchronous`, or at other points, twice.
 *
 * @throws OverparamError `NO_SYNC_READ` at a question, for a backend that needs `asynchronous`
 */
export function measureOracle({
  features,
  loss,
  asynchronous = false,
}: MeasureOracleOptions): MeasureOracle & Housekeeping {
  return {
    name: `tfjs ${engine().backendName}`,
    variation(mu, request = {}): Answer<Variation> {
      const reading = variationAt({ features, loss, asynchronous }, mu, request);
      return asynchronous ? readLater(reading) : readNow(reading);
    },
  };
}

function* variationAt(
  { features, loss, asynchronous }: Required<MeasureOracleOptions>,
  { positions, weights }: Parameters<MeasureOracle['variation']>[0],
  { points, batch }: NonNullable<Parameters<MeasureOracle['variation']>[1]>,
): Reading<Variation> {
  const kept: { potential?: Tensor; values?: Tensor; gradients?: Tensor } = {};
  const keep = <T extends Tensor>(name: keyof typeof kept, tensor: T): T => (kept[name] = engine().keep(tensor));
  const only = points?.rows === 0;
  const compute = (): void =>
    tidy(() => {
      const a = tensor2d(Float32Array.from(weights), [1, weights.length]);
      const outputs = (phi: Tensor2D): Tensor1D => reshape(matMul(a, phi), [-1]);
      /** R(y), which is kept, and R'(y) as a column. */
      const derived = (y: Tensor1D): Tensor2D => {
        const { value, grad: r } = valueAndGrad((y: Tensor) => loss(y as Tensor1D, batch))(y);
        keep('potential', value);
        return reshape(r, [-1, 1]);
      };
      const theta = typed(positions);
      const once = points === undefined && !asynchronous;
      const before = once ? undefined : derived(outputs(features(theta, batch)));
      if (only) return;
      const x = points ? typed(points) : theta;
      keep(
        'gradients',
        grad((x: Tensor) => {
          const phi = features(x as Tensor2D, batch);
          // A number read and written is a constant for the tape: R' is not differentiated.
          const r = before ?? derived(tensor1d(outputs(phi).dataSync() as Float32Array));
          return sum(keep('values', matMul(phi, r)));
        })(x),
      );
    });
  // tfjs would leave the tape's copies behind where `features` or `loss` throws.
  const copies = tapeCopies();
  try {
    try {
      copies.noting(compute);
    } catch (error) {
      copies.dispose();
      throw error;
    }
    const none = new Float64Array(0);
    const potential = yield* read(kept.potential!);
    const values = kept.values ? yield* read(kept.values) : none;
    const data = kept.gradients ? yield* read(kept.gradients) : none;
    return {
      potential: potential[0]!,
      values: Float64Array.from(values),
      gradients: { ...(points ?? positions), data: Float64Array.from(data) },
    };
  } finally {
    disposeAll(Object.values(kept));
  }
}

const typed = ({ rows, columns, data }: Matrix): Tensor2D => tensor2d(Float32Array.from(data), [rows, columns]);
