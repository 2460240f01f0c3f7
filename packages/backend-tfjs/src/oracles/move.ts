import type { Tensor } from '@tensorflow/tfjs-core';
import type { ParameterMemory } from '../modules/parameter-memory.ts';
import type { Vector } from '../modules/parameters.ts';
import { withPart } from '../modules/part.ts';
import { disposeAll, share } from '../recording/engine.ts';
import { AVERAGE, averaged } from './average.ts';
import type { Linearized } from './linearization.ts';
import type { Transaction } from './transaction.ts';

/** Points that a move keeps for later ones. */
export interface Keeps {
  /** The point before. */
  readonly previous?: boolean | undefined;
  /** y_{k+1} */
  readonly lookahead?: Vector;
  /** The weight of w' in the average of points. */
  readonly weight?: number | undefined;
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
  const { weight } = keeps;
  const lookahead = keeps.lookahead && whole(keeps.lookahead);
  moving.forEach(({ variable }, k) => {
    const past = memory.of(variable)?.tensors;
    const { t, tensors: own } = moments[k]!;
    writes.note(variable);
    const kept = shared({
      ...((keeps.previous || past?.['previous']) && { previous: variable }),
      ...((lookahead || past?.['lookahead']) && { lookahead: (lookahead ?? points)[k]! }),
      ...averageOf(past?.[AVERAGE] ?? (weight === undefined ? undefined : variable), points[k]!, weight),
    });
    release(Object.values(own));
    writes.remember(variable, { t, tensors: { ...own, ...kept } });
    variable.assign(points[k]!);
  });
  // What did not move has moved by 0.
  for (const [variable, { t, tensors }] of memory.all())
    if (!moving.some((one) => one.variable === variable)) {
      const still = {
        ...(tensors['previous'] && { previous: variable }),
        ...(weight !== undefined && averageOf(tensors[AVERAGE], variable, weight)),
      };
      if (Object.keys(still).length > 0) writes.remember(variable, { t, tensors: shared({ ...tensors, ...still }) });
    }
}

/** The average after the move; as it is without a weight. */
const averageOf = (
  average: Tensor | undefined,
  point: Tensor,
  weight: number | undefined,
): { readonly [AVERAGE]?: Tensor } =>
  average ? { [AVERAGE]: weight === undefined ? average : averaged(average, point, weight) } : {};

/** All of the tensors shared, or none when one fails. */
function shared(tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const kept: Record<string, Tensor> = {};
  try {
    for (const [name, tensor] of Object.entries(tensors)) kept[name] = share(tensor);
    return kept;
  } catch (error) {
    disposeAll(Object.values(kept));
    throw error;
  }
}
