import type { Tensor } from '@tensorflow/tfjs-core';
import type { ParameterMemory } from '../modules/parameter-memory.ts';
import type { Vector } from '../modules/parameters.ts';
import { withPart } from '../modules/part.ts';
import { share } from '../recording/engine.ts';
import type { Linearized } from './linearization.ts';
import type { Transaction } from './transaction.ts';

/** Points that a move keeps for later ones. */
export interface Keeps {
  /** The point before. */
  readonly previous?: boolean | undefined;
  /** y_{k+1} */
  readonly lookahead?: Vector;
}

/**
 * w <- next, and the memory of the direction rule with it. Points before are kept from the first question on that needs
 * them. To be called within `tidy`.
 */
export function moveTo(
  next: Vector,
  { moving, memory: moments, release }: Linearized,
  { memory, writes }: { readonly memory: ParameterMemory; readonly writes: Transaction },
  keeps: Keeps,
): void {
  const whole = (x: Vector): Vector => moving.map(({ variable, part }, k) => withPart(x[k]!, part, variable));
  const points = whole(next);
  const lookahead = keeps.lookahead && whole(keeps.lookahead);
  moving.forEach(({ variable }, k) => {
    const past = memory.of(variable)?.tensors;
    const { t, tensors: own } = moments[k]!;
    writes.note(variable);
    const tensors = { ...own };
    if (keeps.previous || past?.['previous']) tensors['previous'] = share(variable);
    if (lookahead || past?.['lookahead']) tensors['lookahead'] = share((lookahead ?? points)[k]!);
    release(Object.values(own));
    writes.remember(variable, { t, tensors });
    variable.assign(points[k]!);
  });
  // What did not move has moved by 0.
  for (const [variable, { t, tensors }] of memory.all())
    if (tensors['previous'] && !moving.some((one) => one.variable === variable)) {
      const kept = Object.entries(tensors).map(([name, x]) => [name, share(name === 'previous' ? variable : x)]);
      writes.remember(variable, { t, tensors: Object.fromEntries(kept) as Record<string, Tensor> });
    }
}
