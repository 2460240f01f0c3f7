import { getGradient, Variable, type Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { callLoss } from '../recording/call-loss.ts';
import { differentiate, type Differentiated } from '../recording/differentiate.ts';
import { disposeAll, engine, share } from '../recording/engine.ts';
import { as } from '../recording/meter.ts';
import { onTape } from '../recording/on-tape.ts';
import { onDraws, type Draws } from '../recording/randomness.ts';
import { record, type Recording } from '../recording/recording.ts';
import { notingWrites, putBack, type Before } from '../recording/variable-writes.ts';
import { watch, type Watched } from '../recording/watch.ts';

/** f as a function of the variables. */
export interface Problem {
  readonly loss: () => Tensor;
  readonly variables: readonly Variable[];
}

/** All trainable variables, as tfjs's optimizers take them when none are named. */
export const trainableVariables = (): Variable[] =>
  (Object.values(engine().registeredVariables) as Variable[]).filter(({ trainable }) => trainable);

/** A call of the loss, its value and its gradients at the variables' values; the caller disposes of all of it. */
export interface Evaluation {
  /** What the loss did; undefined where it was called without recording. */
  readonly recording: Recording | undefined;
  readonly value: Tensor;
  /** One per variable, null where the loss does not depend on it; undefined where the caller makes them. */
  readonly gradients: readonly (Tensor | null)[] | undefined;
  /** FLOPs of its derivatives in the variables, besides those that lead to them. */
  readonly weightWork: number;
  /** Whether it takes gradients itself. */
  readonly nested: boolean;
}

/**
 * Calls the loss, once.
 * @param before gets what variables that the loss writes held before
 */
export function evaluate({ loss, variables }: Problem, draws: Draws, before: Before): Evaluation {
  checkVariables(variables);
  let recording: Recording | undefined;
  try {
    const taped = differentiate(() => {
      recording = observed(draws, before, () => record(() => callLoss(loss), variables));
      return recording.value;
    }, variables);
    const { weightWork, nested } = recording!;
    const { value, gradients } = again(taped, recording!) ? fromReplay(taped, recording!, variables) : taped;
    return { ...kept(value, gradients, variables, before), recording: recording!, weightWork, nested };
  } catch (error) {
    recording?.dispose();
    throw error;
  }
}

/**
 * Calls the loss, once, and records nothing: it can't be evaluated elsewhere. A loss that takes gradients itself is called
 * a second time, on the same randomness and with the variables that it writes restored, because its own gradient needs
 * the recording.
 */
export function evaluateHere(problem: Problem, draws: Draws, before: Before): Evaluation {
  const { loss, variables } = problem;
  checkVariables(variables);
  let watched: Watched | undefined;
  const { value, gradients } = differentiate(() => {
    watched = observed(draws, before, () => watch(() => callLoss(loss), variables));
    return watched.value;
  }, variables);
  const { nested, weightWork } = watched!;
  if (!nested) return { ...kept(value, gradients, variables, before), recording: undefined, weightWork, nested };
  disposeAll([...gradients, ...('assign' in value ? [] : [value])]);
  putBack(before);
  return evaluate(problem, draws, before);
}

/**
 * Calls the loss, once, and holds what every operation of it computed: the caller makes the gradients.
 * @param before gets what variables that the loss writes held before
 */
export function recorded({ loss, variables }: Problem, draws: Draws, before: Before): Evaluation {
  checkVariables(variables);
  let recording: Recording | undefined;
  let value: Tensor | undefined;
  try {
    engine().tidy(() => {
      recording = onTape(() => observed(draws, before, () => record(() => callLoss(loss), variables, true)));
      value = share(recording.value);
    });
    checkUnwritten(variables, before);
    const { weightWork, nested } = recording!;
    return { recording: recording!, value: value!, gradients: undefined, weightWork, nested };
  } catch (error) {
    value?.dispose();
    recording?.dispose();
    throw error;
  }
}

/** Runs the first call of a step: on these draws, and noting the variables that it writes. */
const observed = <T>(draws: Draws, before: Before, call: () => T): T =>
  as('forward', () => notingWrites(before, () => onDraws(draws, call)));

/** Keeps the value and the gradients, which are those of a tape, once they are checked. */
function kept(
  value: Tensor,
  gradients: readonly (Tensor | null)[],
  variables: readonly Variable[],
  before: Before,
): Pick<Evaluation, 'value' | 'gradients'> {
  const made: (Tensor | null)[] = [];
  try {
    for (const gradient of gradients) made.push(gradient && engine().keep(gradient));
    // The loss may be a variable itself.
    if (!('assign' in value)) made.push(value);
    const held = share(value);
    made.push(held);
    checkEvaluation(gradients, variables, before);
    if (!('assign' in value)) value.dispose();
    return { value: held, gradients };
  } catch (error) {
    disposeAll(made);
    throw error;
  }
}

/**
 * tfjs's tape loses the second derivatives through kernels whose gradients start from their outputs (tanh, sigmoid,
 * ...): it notes the copy of an output before the kernel that made it. A replay continues from the output itself.
 */
const again = ({ gradients }: Differentiated, { nested, replayable }: Recording): boolean =>
  nested && replayable && gradients.some((gradient) => gradient !== null);

function fromReplay(taped: Differentiated, recording: Recording, variables: readonly Variable[]): Differentiated {
  disposeAll([...taped.gradients, taped.value]);
  return recording.differentiate(variables);
}

/** Throws unless all of them can be differentiated by. */
export function checkVariables(variables: readonly Variable[]): void {
  if (variables.length === 0)
    throw new OverparamError(
      'NO_VARIABLES',
      'There is no trainable variable to minimize over: build the model first, or pass its variables.',
    );
  if (getGradient('Multiply') == null)
    throw new OverparamError(
      'NO_GRADIENTS',
      `tfjs has no gradients registered: '@tensorflow/tfjs-core' alone brings none. Import '@tensorflow/tfjs' or '@tensorflow/tfjs-layers' once.`,
    );
  for (const variable of variables) {
    if (variable.constructor !== Variable)
      throw new OverparamError(
        'TWO_COPIES',
        `The variable '${variable.name}' was made by another copy of @tensorflow/tfjs-core than the one that @overparam/backend-tfjs imports: ` +
          `'npm ls @tensorflow/tfjs-core' shows both; keep one.`,
      );
    if (variable.isDisposed)
      throw new OverparamError(
        'DISPOSED_VARIABLE',
        `The variable '${variable.name}' is disposed: leave it out of the variables, or make a new optimizer for the new model.`,
      );
    if (variable.dtype !== 'float32')
      throw new OverparamError(
        'NOT_FLOAT',
        `The variable '${variable.name}' is of type ${variable.dtype}, which has no gradient: make it float32, or not trainable.`,
      );
  }
}

function checkEvaluation(gradients: readonly (Tensor | null)[], variables: readonly Variable[], before: Before): void {
  if (gradients.every((gradient) => gradient === null)) throw unconnected(variables);
  checkUnwritten(variables, before);
}

export const unconnected = (variables: readonly Variable[]): Error =>
  new OverparamError(
    'UNCONNECTED',
    `The loss does not depend on any of the variables (${variables.map(({ name }) => name).join(', ')}): compute it from them, with differentiable operations, inside the loss function.`,
  );

export function checkUnwritten(variables: readonly Variable[], before: Before): void {
  const written = variables.find((variable) => before.has(variable));
  if (written)
    throw new OverparamError(
      'PARAMETER_WRITTEN',
      `The loss assigned to '${written.name}', a variable that is being minimized over: change it between steps, or make it not trainable.`,
    );
}
