import {
  abs,
  add,
  any,
  cast,
  clipByValue,
  div,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logSumExp,
  logicalAnd,
  logicalOr,
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
import type { LastActivation } from './logits.ts';

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
const least = 1e-7;
/** Probabilities away from 0 and 1, as tfjs-layers has it. */
const clipped = (p: Tensor): Tensor => clipByValue(p, least, 1 - least);
const crossEntropy = (y: Tensor, p: Tensor): Tensor =>
  perSample(neg(sum(mul(y, log(clipped(div(p, sum(p, -1, true))))), -1)));

const targetsOf = (y: Tensor, p: Tensor): Tensor =>
  oneHot(cast(reshape(y, p.shape.slice(0, -1)), 'int32'), p.shape.at(-1)!);

const losses: Readonly<Record<LossName, SampleLoss>> = {
  meanSquaredError: (y, f) => perSample(squaredDifference(f, y)),
  meanAbsoluteError: (y, f) => perSample(abs(sub(f, y))),
  categoricalCrossentropy: crossEntropy,
  sparseCategoricalCrossentropy: (y, p) => crossEntropy(targetsOf(y, p), p),
  binaryCrossentropy: (y, p) => {
    const q = clipped(p);
    return perSample(neg(add(mul(y, log(q)), mul(sub(1, y), log(sub(1, q))))));
  },
  softmaxCrossEntropy: (y, f) => perSample(sub(mul(logSumExp(f, -1), sum(y, -1)), sum(mul(y, f), -1))),
  sigmoidCrossEntropy: (y, f) => perSample(sub(softplus(f), mul(y, f))),
};

/**
 * The same loss of the logits behind a softmax or sigmoid, where it is a cross-entropy of what that gives; without the
 * clipping, which leaves no gradient where a prediction is most wrong.
 */
export function lossOfLogits(
  loss: LossName | SampleLoss,
  kind: LastActivation['kind'] | undefined,
): SampleLoss | undefined {
  if (kind === 'sigmoid') return loss === 'binaryCrossentropy' ? losses.sigmoidCrossEntropy : undefined;
  if (kind === undefined) return undefined;
  if (loss === 'categoricalCrossentropy') return losses.softmaxCrossEntropy;
  return loss === 'sparseCategoricalCrossentropy'
    ? (y, f) => losses.softmaxCrossEntropy(targetsOf(y, f), f)
    : undefined;
}

/** How many samples have a probability at which a clipped loss is flat, with the target on the other side. */
export function clippedSamples(loss: LossName | SampleLoss, y: Tensor, p: Tensor): Tensor | undefined {
  if (loss === 'binaryCrossentropy') {
    const wrong = logicalOr(
      logicalAnd(greater(y, 0), lessEqual(p, least)),
      logicalAnd(less(y, 1), greaterEqual(p, 1 - least)),
    );
    return sum(any(reshape(wrong, [p.shape[0]!, -1]), 1));
  }
  if (loss !== 'categoricalCrossentropy' && loss !== 'sparseCategoricalCrossentropy') return undefined;
  const targets = loss === 'categoricalCrossentropy' ? y : targetsOf(y, p);
  const wrong = logicalAnd(greater(targets, 0), lessEqual(div(p, sum(p, -1, true)), least));
  return sum(any(reshape(wrong, [p.shape[0]!, -1]), 1));
}

/** @throws OverparamError `BAD_OPTION` */
export function sampleLoss(loss: LossName | SampleLoss): SampleLoss {
  if (typeof loss === 'function') return loss;
  if (!Object.hasOwn(losses, loss))
    throw badOption('loss', loss, `a function, or one of ${Object.keys(losses).join(', ')}`);
  return losses[loss];
}
