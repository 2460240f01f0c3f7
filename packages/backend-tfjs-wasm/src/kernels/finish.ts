import { type backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { call } from './call.ts';
import { type KernelHost } from './host.ts';

/** What follows a product, as `assembly/epilogue.ts` takes it: offsets, 0 for none. */
export interface Finish {
  readonly bias: number;
  readonly activation: number;
  readonly slope: number;
  readonly slopes: number;
  readonly slopeStride: number;
}

/** Nothing follows. */
export const linear: Finish = { bias: 0, activation: 0, slope: 0, slopes: 0, slopeStride: 0 };

/** What follows a product, as tfjs's fused operations state it. */
export interface Fused {
  readonly bias?: TensorInfo | null | undefined;
  readonly activation?: backend_util.Activation | undefined;
  readonly preluActivationWeights?: TensorInfo | null | undefined;
  readonly leakyreluAlpha?: number | undefined;
}

const codes: Readonly<Record<string, number>> = {
  linear: 0,
  relu: 1,
  relu6: 2,
  prelu: 3,
  leakyrelu: 4,
  sigmoid: 5,
  elu: 6,
};
const kernels: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
  sigmoid: 'Sigmoid',
  elu: 'Elu',
};

/**
 * `produce` with as much of `fused` in it as the kernel can take: a bias with one value for each column, prelu slopes with one
 * value for each column or each element. What has another shape follows as operations of its own.
 */
export function withFinish(
  host: KernelHost,
  { bias, activation = 'linear', preluActivationWeights: slopes, leakyreluAlpha = 0.2 }: Fused,
  outputShape: readonly number[],
  produce: (finish: Finish) => TensorInfo,
): TensorInfo {
  const code = codes[activation];
  if (code === undefined) throw new Error(`The fused activation ${activation} is none of ${Object.keys(codes)}.`);
  const columns = outputShape[outputShape.length - 1] ?? 1;
  const perColumn = (t: TensorInfo): boolean =>
    util.sizeFromShape(t.shape) === columns && (t.shape[t.shape.length - 1] ?? 1) === columns;
  const whole = (t: TensorInfo): boolean => util.sizeFromShape(t.shape) === util.sizeFromShape(outputShape as number[]);

  const biasFits = !bias || perColumn(bias);
  const slopesFit = code !== codes['prelu'] || (slopes != null && (perColumn(slopes) || whole(slopes)));
  if (biasFits && slopesFit) {
    const prelu = code === codes['prelu'] ? slopes : null;
    return produce({
      bias: bias ? host.offset(bias) : 0,
      activation: code,
      slope: leakyreluAlpha,
      slopes: prelu ? host.offset(prelu) : 0,
      slopeStride: prelu && !perColumn(prelu) ? columns : 0,
    });
  }

  const y = produce({ ...linear, bias: bias && biasFits ? host.offset(bias) : 0 });
  return afterwards(host, y, {
    ...{ bias: biasFits ? null : bias, activation, preluActivationWeights: slopes, leakyreluAlpha },
  });
}

/** `fused` as operations of their own on y, which is freed where they make another tensor. */
export function afterwards(
  host: KernelHost,
  y: TensorInfo,
  { bias, activation = 'linear', preluActivationWeights: slopes, leakyreluAlpha = 0.2 }: Fused,
): TensorInfo {
  const sum = bias ? replace(host, y, 'Add', { a: y, b: bias }) : y;
  if (activation === 'linear') return sum;
  if (activation === 'prelu') return replace(host, sum, 'Prelu', { x: sum, alpha: slopes! });
  return replace(host, sum, kernels[activation]!, { x: sum }, { alpha: leakyreluAlpha });
}

function replace(
  host: KernelHost,
  spent: TensorInfo,
  kernelName: string,
  inputs: Record<string, TensorInfo>,
  attrs: Record<string, number> = {},
): TensorInfo {
  try {
    return call(host, kernelName, inputs, attrs);
  } finally {
    host.free(spent);
  }
}
