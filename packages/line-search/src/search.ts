import { type Found, type Line, type Search } from './line.ts';

/**
 * Runs a line search on a scalar function alone.
 *
 * ```ts
 * search((step) => (step - 3) ** 2, backtracking({ accept: armijo() }), { initial: 8, value: 9, slope: -6 });
 * ```
 *
 * @param phi step to value, or to value and slope, as the search needs; called once a trial
 * @param line value and slope at step 0; the reference is the value unless another is given
 */
export function search<Trial>(
  phi: (step: number) => Trial,
  searching: Search<Trial>,
  line: Omit<Line, 'reference'> & { readonly reference?: number },
): Found<Trial> {
  const inquiry = searching(
    function* (step) {
      return (yield { name: 'probe', args: [step] }) as Trial;
    },
    { reference: line.value, ...line },
  );
  let turn = inquiry.next();
  while (!turn.done) turn = inquiry.next(phi(turn.value.args[0] as number));
  return turn.value;
}
