import { Tensor, type NamedTensorMap, type Variable } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import type { NamedTensor } from './recording/engine.ts';

/** What a `computeGradients` left behind. */
export interface Computed {
  /** The variables that have a gradient, by name. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** The data of every variable at which the gradients were computed. */
  readonly values: ReadonlyMap<Variable, object>;
}

/**
 * The gradients that `applyGradients` was given, by variable.
 * @param stale whether a gradient was handed out by an earlier `computeGradients`
 * @throws OverparamError `GRADIENTS_MISMATCH` where they are not of the computed variables, shapes and point
 */
export function givenGradients(
  gradients: NamedTensorMap | readonly NamedTensor[],
  { variables, values }: Computed,
  stale: (gradient: Tensor) => boolean,
): ReadonlyMap<Variable, Tensor> {
  const entries = Array.isArray(gradients)
    ? (gradients as readonly NamedTensor[]).map((one) => [one?.name, one?.tensor] as const)
    : Object.entries((gradients ?? {}) as NamedTensorMap);
  if (entries.length === 0) throw mismatch('There are no gradients', 'pass those of one variable or more');
  const given = new Map<Variable, Tensor>();
  for (const [name, gradient] of entries) {
    const variable = variables.get(name);
    if (!variable)
      throw mismatch(
        `'${name}' has no gradient of computeGradients`,
        `the names are ${[...variables.keys()].join(', ')}`,
      );
    if (given.has(variable)) throw mismatch(`The gradient of '${name}' is given twice`, 'add them up, or pass one');
    if (!(gradient instanceof Tensor))
      throw mismatch(`The gradient of '${name}' is ${String(gradient)}`, 'pass a tensor');
    if (gradient.isDisposed)
      throw mismatch(
        `The gradient of '${name}' is disposed`,
        'call applyGradients before the end of the tidy, or keep it',
      );
    if (gradient.dtype !== 'float32')
      throw mismatch(`The gradient of '${name}' is of type ${gradient.dtype}`, 'pass float32');
    if (String(gradient.shape) !== String(variable.shape))
      throw mismatch(
        `The gradient of '${name}' has the shape [${gradient.shape.join(', ')}]`,
        `the variable's is [${variable.shape.join(', ')}]`,
      );
    if (stale(gradient))
      throw mismatch(
        `The gradient of '${name}' is of an earlier computeGradients`,
        'apply gradients before computing others',
      );
    given.set(variable, gradient);
  }
  for (const [variable, dataId] of values)
    if (variable.isDisposed || variable.dataId !== dataId)
      throw mismatch(
        `The variable '${variable.name}' has changed since computeGradients`,
        'compute the gradients again, and apply them before anything else writes to it',
      );
  return given;
}

const mismatch = (what: string, remedy: string): Error =>
  new OverparamError('GRADIENTS_MISMATCH', `${what}: ${remedy}. Nothing has moved.`);
