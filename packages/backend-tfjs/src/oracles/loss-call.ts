import { scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { callingAgain } from '../recording/call-again.ts';
import { disposeAll, engine } from '../recording/engine.ts';
import type { Elsewhere, Meter } from '../recording/meter.ts';
import { onTape } from '../recording/on-tape.ts';
import type { Draws } from '../recording/randomness.ts';
import { record, type Recording } from '../recording/recording.ts';
import { partOf, type Selection } from '../modules/part.ts';
import { gradientsOf } from '../tangent/gradients.ts';
import type { LossTerms } from '../tangent/loss-terms.ts';
import { notReplayable } from '../tangent/not-replayable.ts';
import { fromResult } from '../tangent/reverse.ts';
import { structureOf } from '../tangent/structure.ts';
import { probesDeclined } from './probes-declined.ts';

/** The call of the loss that a step began with. */
export interface LossCall {
  /** All variables, which modules are named by. */
  readonly all: readonly Variable[];
  readonly loss: () => Tensor;
  /** Those that it is differentiated by. */
  readonly variables: readonly Variable[];
  /** What the loss did; undefined where the step said that it will not probe. */
  readonly recording: Recording | undefined;
  readonly weightWork: number;
  readonly draws: Draws;
  /** By the tape; they belong to the linearization once there is one. */
  gradients?: readonly (Tensor | null)[] | undefined;
  /** The recording with the values of its operations, where it was made anew for these. */
  values?: Recording;
  terms?: LossTerms | undefined;
  dispose(): void;
}

export function lossCall(call: Omit<LossCall, 'dispose'>): LossCall {
  return {
    ...call,
    dispose() {
      disposeAll(this.gradients ?? []);
      this.terms?.jacobian.dispose();
      this.values?.dispose();
      this.recording?.dispose();
      this.values?.value.dispose();
    },
  };
}

/** @throws OverparamError `NOT_LINEARIZED` where the step said that it will not probe */
const recordingOf = ({ recording }: LossCall): Recording => {
  if (recording) return recording;
  throw probesDeclined();
};

/**
 * The recording with what its operations computed; by another forward pass where these values are gone.
 * @throws OverparamError `NOT_REPLAYABLE`, `NOT_LINEARIZED`
 */
export function withValues(call: LossCall): Recording {
  const recording = recordingOf(call);
  if (!recording.replayable) throw notReplayable('loss');
  if (recording.graph) return recording;
  const { variables } = call;
  return (call.values ??= engine().tidy(() => {
    const again = onTape(() => record(() => recording.trace(variables), variables, true));
    engine().keep(again.value);
    return again;
  }));
}

/** f at other points: by the recording, or by calling the loss again where it cannot be replayed. */
export function elsewhereOf(call: LossCall, metrics: Tensor[]): Elsewhere {
  const { recording, loss, variables, draws } = call;
  if (!recording)
    return {
      replay() {
        throw probesDeclined();
      },
      differentiate() {
        throw probesDeclined();
      },
    };
  return recording.replayable ? recording : callingAgain(loss, variables, draws, metrics);
}

/** g of the selected parts, by index; those that do not affect f are left out. The caller disposes of the tensors. */
export function gradientOf(
  call: LossCall,
  selection: Selection,
  { around, spent, metrics }: { readonly around: boolean; readonly spent: Meter; readonly metrics: Tensor[] },
): Map<number, Tensor> {
  const { recording, variables, loss, draws } = call;
  const graph = around && recording?.replayable ? withValues(call).graph : (recording?.graph ?? call.values?.graph);
  if ((around || !call.gradients) && graph && recording?.replayable) {
    const gradients = spent.during('inputGradients', () =>
      engine().tidy(() => gradientsOf(structureOf(graph), variables, fromResult(graph, scalar(1)), selection, around)),
    );
    return new Map([...selection.keys()].flatMap((i) => (gradients.has(i) ? [[i, gradients.get(i)!] as const] : [])));
  }
  const whole = call.gradients ?? calledAgain();
  call.gradients = undefined;
  const parts = new Map(
    [...selection].flatMap(([i, part]) => {
      const gradient = whole[i];
      if (!gradient) return [];
      return [[i, part ? engine().keep(engine().tidy(() => partOf(gradient, part))) : gradient] as const];
    }),
  );
  const used = [...parts.values()];
  disposeAll(whole.filter((gradient) => gradient && !used.includes(gradient)));
  return parts;

  function calledAgain(): readonly (Tensor | null)[] {
    recordingOf(call);
    const { value, gradients } = callingAgain(loss, variables, draws, metrics).differentiate(variables);
    value.dispose();
    return gradients;
  }
}
