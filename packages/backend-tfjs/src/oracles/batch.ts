import { keep, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { differentiate } from '../recording/differentiate.ts';
import { engine } from '../recording/engine.ts';
import type { Elsewhere } from '../recording/meter.ts';
import { onTape } from '../recording/on-tape.ts';
import { checkUnwritten, checkVariables } from './problem.ts';
import { onDraws, type Draws } from '../recording/randomness.ts';
import { record, type Recording } from '../recording/recording.ts';
import { notingWrites, type Before } from '../recording/variable-writes.ts';
import { jacobian, type Jacobian, type JacobianOptions } from '../tangent/jacobian.ts';
import { notReplayable } from '../tangent/not-replayable.ts';
import { outerLoss, type OuterLoss } from './outer-loss.ts';
import { resultOf } from '../tangent/outcome.ts';
import { gather, type Gathered, type Outputs } from './outputs.ts';
import { structureOf } from '../tangent/structure.ts';

/** f = L(outputs(w)) */
export interface Composite {
  readonly outputs: () => Outputs;
  readonly loss: (outputs: Outputs) => Tensor;
  readonly variables: readonly Variable[];
}

/** f at w on one batch, for the length of one step. */
export interface Batch {
  readonly variables: readonly Variable[];
  /** N */
  readonly samples: number;
  /** C */
  readonly width: number;
  /** N x C, lent. */
  readonly outputs: Tensor;
  readonly loss: OuterLoss;
  readonly jacobian: Jacobian;
  /** The outputs with `points` in the variables' places; kept. */
  outputsAt(points: readonly Tensor[]): Tensor;
  readonly elsewhere: Elsewhere;
  /** FLOPs of the outputs' derivatives in the variables. */
  readonly weightWork: number;
  dispose(): void;
}

/** Calls the outputs and the loss, once each. */
export function takeBatch(
  { outputs, loss, variables }: Composite,
  draws: Draws,
  before: Before,
  options: JacobianOptions,
): Batch {
  checkVariables(variables);
  const made: { dispose(): void }[] = [];
  const dispose = (): void => made.forEach((one) => one.dispose());
  try {
    return notingWrites(before, () =>
      onDraws(draws, () => {
        let gathered: Gathered | undefined;
        const recording = engine().tidy(() => {
          const recording = onTape(() => record(() => (gathered = gather(outputs)).matrix, variables, true));
          keep(recording.value);
          return recording;
        });
        made.push(recording, recording.value);
        checkUnwritten(variables, before);
        if (!recording.replayable) throw notReplayable('outputs function');
        const [samples, width] = recording.value.shape as [number, number];
        const L = outerLoss(loss, gathered!.split, recording.value);
        made.push(L);
        const J = jacobian(structureOf(recording.graph!), variables, resultOf(recording.graph!), options);
        made.push(J);
        if (J.connected.size === 0)
          throw new OverparamError(
            'UNCONNECTED',
            `The outputs do not depend on any of the variables (${variables.map(({ name }) => name).join(', ')}): compute them from these, with differentiable operations, inside the function.`,
          );
        return {
          variables,
          samples,
          width,
          outputs: recording.value,
          loss: L,
          jacobian: J,
          outputsAt: (points) => keep(recording.replay(points)),
          elsewhere: elsewhere(recording, L.recording),
          weightWork: recording.weightWork,
          dispose,
        };
      }),
    );
  } catch (error) {
    dispose();
    throw error;
  }
}

const elsewhere = (outputs: Recording, loss: Recording): Elsewhere => ({
  replay: (points) => engine().tidy(() => loss.replay([outputs.replay(points)])),
  differentiate: (points) => differentiate(() => loss.trace([outputs.trace(points)]), points),
});
