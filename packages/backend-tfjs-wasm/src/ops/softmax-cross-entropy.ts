import {
  cast,
  customGrad,
  engine,
  equal,
  expandDims,
  getBackend,
  getKernel,
  type GradSaveFunc,
  logSoftmax,
  mul,
  neg,
  softmax,
  sub,
  sum,
  type Tensor,
  tidy,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { throughSoftmax } from '../gradients/softmax.ts';

/**
 * The cross-entropy of labels y and softmax of logits z, -sum_j y_j log softmax(z)_j along the last axis; one kernel where the
 * backend has it, which finds the derivative softmax(z) sum(y) - y in the same pass. A term with y_j = 0 is 0, even where the
 * logit is -Infinity. The labels need not sum to 1. There is a gradient in the logits, and a
 * gradient of that, but none in the labels.
 *
 * As a loss of a tfjs model: `model.compile({ loss: softmaxCrossEntropy, ... })`, with a last layer without softmax.
 *
 * @param labels [..., n]
 * @param logits [..., n], the shape of the labels
 * @returns [...], float32: the loss of each row
 * @throws WasmError BAD_SHAPE where the shapes differ or have no axis; NO_GRADIENT where a gradient in the labels is asked for
 */
export function softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor {
  if (labels.rank === 0 || labels.shape.join() !== logits.shape.join())
    throw new WasmError(
      'BAD_SHAPE',
      `labels have shape [${labels.shape}] and logits [${logits.shape}]: both take one shape, of one axis or more. ` +
        'Turn class numbers into labels by tf.oneHot.',
    );
  return tidy(() => crossEntropy(constant(cast(labels, 'float32')), cast(logits, 'float32')));
}

// Not a registered gradient: where a kernel has two results, tfjs's tape makes zeros of the size of the second one.
const crossEntropy = customGrad((...args) => {
  const [labels, logits, save] = args as unknown as [Tensor, Tensor, GradSaveFunc];
  const [loss, gradient] = lossAndGradient(labels, logits);
  save([labels, logits, gradient]);
  return {
    value: loss,
    gradFunc: (dy: Tensor, saved: Tensor[]) => {
      const [labels, logits, gradient] = saved as [Tensor, Tensor, Tensor];
      // The first stands for a gradient in the labels, which nobody gets: `constant` throws.
      return [labels, mul(expandDims(dy, -1), differentiable(gradient, labels, logits))];
    },
  };
});

function lossAndGradient(labels: Tensor, logits: Tensor): readonly [loss: Tensor, gradient: Tensor] {
  if (getKernel('OverparamSoftmaxCrossEntropy', getBackend())) {
    const outputs = engine().runKernel('OverparamSoftmaxCrossEntropy', { labels, logits });
    return outputs as unknown as [Tensor, Tensor];
  }
  // tfjs's sum over the last axis of [0, 0] has the shape [1].
  if (logits.size === 0) return [zeros(logits.shape.slice(0, -1)), zeros(logits.shape)];
  const terms = where(equal(labels, 0), 0, mul(labels, logSoftmax(logits)));
  return [neg(sum(terms, -1)), sub(mul(softmax(logits), sum(labels, -1, true)), labels)];
}

/** The gradient as a function of the logits: its own derivative is sum(y) times that of softmax. */
function differentiable(gradient: Tensor, labels: Tensor, logits: Tensor): Tensor {
  return customGrad((...args) => {
    const [logits, save] = args as unknown as [Tensor, GradSaveFunc];
    save([labels, logits]);
    return {
      value: gradient.clone(),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [labels, logits] = saved as [Tensor, Tensor];
        return mul(sum(labels, -1, true), throughSoftmax(softmax(logits), dy));
      },
    };
  })(logits);
}

/** The labels, on whose way back the tape meets an error. */
const constant = customGrad((labels) => ({
  value: (labels as Tensor).clone(),
  gradFunc: () => {
    throw new WasmError(
      'NO_GRADIENT',
      'softmaxCrossEntropy has no gradient in its labels: compute them outside of the function that is differentiated.',
    );
  },
}));
