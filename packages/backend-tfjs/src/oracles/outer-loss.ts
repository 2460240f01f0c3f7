import { add, keep, scalar, stack, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import type { Matrix } from '@overparam/core';
import { callLoss } from '../recording/call-loss.ts';
import { disposeAll, engine } from '../recording/engine.ts';
import { onTape } from '../recording/on-tape.ts';
import { read, type Reading } from '../recording/reading.ts';
import { record, type Recording } from '../recording/recording.ts';
import { nearestFactor } from '../tangent/nearest-factor.ts';
import type { Outputs } from './outputs.ts';
import { fromResult, nodes, reverse, way } from '../tangent/reverse.ts';
import { unitColumn } from '../tangent/sensitivities.ts';
import { notReplayable } from '../tangent/not-replayable.ts';

/** L, the loss as a function of the outputs, N x C. */
export interface OuterLoss {
  readonly recording: Recording;
  /** dL / d outputs, N x C; kept, for the caller to dispose of. */
  gradient(): Tensor;
  /** The blocks S_n, C x C and one below the other, with S_n S_n^T the nearest positive semi-definite matrix to the Hessian in the outputs of sample n. */
  hessianFactor(): Reading<Matrix>;
  dispose(): void;
}

/**
 * Calls the loss, once.
 * @throws OverparamError `LOSS_NOT_SCALAR`, `UNCONNECTED`, `NOT_REPLAYABLE`
 */
export function outerLoss(
  loss: (outputs: Outputs) => Tensor,
  split: (matrix: Tensor) => Outputs,
  at: Tensor,
): OuterLoss {
  const recording = engine().tidy(() => {
    const made = onTape(() => record(() => callLoss(() => loss(split(at))), [at], true));
    keep(made.value);
    return made;
  });
  const dispose = (): void => {
    recording.value.dispose();
    recording.dispose();
  };
  if (!recording.replayable) {
    dispose();
    throw notReplayable('loss');
  }
  return {
    recording,
    gradient: () => engine().tidy(() => derivative(recording, scalar(1)) ?? keep(zerosLike(at))),
    *hessianFactor() {
      const [samples, width] = at.shape as [number, number];
      const gradient = engine().tidy(() => {
        const made = record(() => recording.differentiate([at]).gradients[0] ?? zerosLike(at), [at], true);
        keep(made.value);
        return made;
      });
      try {
        const columns = Array.from({ length: width }, (_, k) =>
          engine().tidy(() => derivative(gradient, unitColumn(samples, width, k)) ?? keep(zerosLike(at))),
        );
        const blocks = keep(stack(columns, 1));
        disposeAll(columns);
        return nearestFactor(yield* read(blocks), samples, width);
      } finally {
        gradient.value.dispose();
        gradient.dispose();
      }
    },
    dispose,
  };
}

/** The derivative of <cotangent, result> in the recording's only variable; undefined for 0. */
function derivative({ graph }: Recording, cotangent: Tensor): Tensor | undefined {
  let total: Tensor | undefined;
  const into = way(graph!, nodes(graph!), (source) => ('variable' in source ? 0 : undefined));
  reverse(into, fromResult(graph!, cotangent), (_, __, gradient) => {
    const before = total;
    total = keep(before ? add(before, gradient()) : gradient().clone());
    before?.dispose();
  });
  return total;
}
