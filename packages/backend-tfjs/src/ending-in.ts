import { badOption, type Method } from '@overparam/core';

/**
 * The method's state in a run that ends `steps` steps from now; as it is where a trainer knows the end and the method
 * does not decay.
 * @throws OverparamError `BAD_OPTION`
 */
export function endingIn<State, Report, Needs extends object>(
  method: Method<State, Report, Needs>,
  state: State,
  steps: number,
  why: 'known' | 'asked',
): State {
  if (!method.endIn && why === 'known') return state;
  if (!method.endIn) throw badOption('The method', method.name, 'one whose steps decay, such as ponosAdam');
  if (!(Number.isSafeInteger(steps) && steps > 0)) throw badOption('steps', steps, 'a whole number > 0');
  return method.endIn(state, steps, why);
}
