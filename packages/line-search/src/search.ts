import { badOption, required, withDefaults } from '@overparam/core';
import { checkLine } from './check-line.ts';
import { type Found, type Line, type Search } from './line.ts';

/**
 * Runs a line search on a scalar function alone.
 *
 * ```ts
 * search((step) => (step - 3) ** 2, backtracking({ accept: armijo() }), { initial: 8, value: 9, slope: -6 });
 * ```
 *
 * @param phi step to value, or to value and slope, as the search needs; called once per trial
 * @param line value and slope at step 0; the reference is the value unless another is given. More keys, such as those of
 *   what phi returned, are errors: pick `value` and `slope`
 * @throws OverparamError `BAD_OPTION` for a line that does not descend, an `initial` that is not > 0, or a phi that does not
 *   return what the search needs; `UNKNOWN_OPTION`
 */
export function search<Trial>(
  phi: (step: number) => Trial,
  searching: Search<Trial>,
  line: Omit<Line, 'reference'> & { readonly reference?: number },
): Found<Trial> {
  if (typeof phi !== 'function') throw badOption('phi', phi, 'a function of the step');
  const whole = withDefaults<Line>(
    'search',
    { initial: required, value: required, slope: required, reference: line?.value },
    line as Line,
  );
  checkLine(whole);
  const inquiry = searching(function* (step) {
    return (yield { name: 'probe', args: [step] }) as Trial;
  }, whole);
  let turn = inquiry.next();
  while (!turn.done) turn = inquiry.next(phi(turn.value.args[0] as number));
  return turn.value;
}
