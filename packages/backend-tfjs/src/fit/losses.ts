import {
  abs,
  add,
  cast,
  clipByValue,
  div,
  log,
  logSumExp,
  mean,
  mul,
  neg,
  oneHot,
  reshape,
  softplus,
  squaredDifference,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { badOption } from '@overparam/core';

/** The loss of each sample, N, from the targets and what the model gives. */
export type SampleLoss = (targets: Tensor, outputs: Tensor) => Tensor;

/** Names of losses: as in tfjs-layers, and cross-entropies of logits as in tfjs-core. */
export type LossName =
  | 'meanSquaredError'
  | 'meanAbsoluteError'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'binaryCrossentropy'
  | 'softmaxCrossEntropy'
  | 'sigmoidCrossEntropy';

/** The mean over all axes but the first. */
const perSample = (x: Tensor): Tensor => (x.rank < 2 ? x : mean(reshape(x, [x.shape[0]!, -1]), 1));
/** Probabilities away from 0 and 1, as tfjs-layers has it. */
const clipped = (p: Tensor): Tensor => clipByValue(p, 1e-7, 1 - 1e-7);
const crossEntropy = (y: Tensor, p: Tensor): Tensor =>
  perSample(neg(sum(mul(y, log(clipped(div(p, sum(p, -1, true))))), -1)));

const losses: Readonly<Record<LossName, SampleLoss>> = {
  meanSquaredError: (y, f) => perSample(squaredDifference(f, y)),
  meanAbsoluteError: (y, f) => perSample(abs(sub(f, y))),
  categoricalCrossentropy: crossEntropy,
  sparseCategoricalCrossentropy: (y, p) =>
    crossEntropy(oneHot(cast(reshape(y, p.shape.slice(0, -1)), 'int32'), p.shape.at(-1)!), p),
  binaryCrossentropy: (y, p) => {
    const q = clipped(p);
    return perSample(neg(add(mul(y, log(q)), mul(sub(1, y), log(sub(1, q))))));
  },
  softmaxCrossEntropy: (y, f) => perSample(sub(mul(logSumExp(f, -1), sum(y, -1)), sum(mul(y, f), -1))),
  sigmoidCrossEntropy: (y, f) => perSample(sub(softplus(f), mul(y, f))),
};

/** @throws OverparamError `BAD_OPTION` */
export function sampleLoss(loss: LossName | SampleLoss): SampleLoss {
  if (typeof loss === 'function') return loss;
  if (!Object.hasOwn(losses, loss))
    throw badOption('loss', loss, `a function, or one of ${Object.keys(losses).join(', ')}`);
  return losses[loss];
}
