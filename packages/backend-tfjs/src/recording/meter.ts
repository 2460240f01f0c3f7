import type { Work } from '@overparam/core';
import type { Engine } from './engine.ts';
import { flopsOf } from './flops.ts';
import type { Recording } from './recording.ts';
import { tap } from './taps.ts';

type Kind = keyof Work;

/** f at other points. */
export type Elsewhere = Pick<Recording, 'replay' | 'differentiate'>;

/** Counts the work of kernels. */
export interface Meter {
  work(): Work;
  /** Counts what runs during `body` as work of this kind, except where {@link as} says another. */
  during<T>(kind: Kind, body: () => T): T;
  /** Counts as gradients in parameters what was counted as gradients in inputs. */
  ofWeights(flops: number): void;
}

/** f at other points, counted. */
export const metered = (spent: Meter, { replay, differentiate }: Elsewhere, weightWork: number): Elsewhere => ({
  replay: (points) => spent.during('forward', () => replay(points)),
  differentiate: (points) =>
    spent.during('inputGradients', () => {
      const at = differentiate(points);
      spent.ofWeights(weightWork);
      return at;
    }),
});

interface Counting {
  readonly counts: Record<Kind, number>;
  kind: Kind;
}

/** Who counts now: the innermost. */
let counting: Counting | undefined;

export function meter(): Meter {
  const counts = { forward: 0, inputGradients: 0, weightGradients: 0, kernels: 0 };
  return {
    work: () => ({ ...counts }),
    during(kind, body) {
      const before = counting;
      counting = { counts, kind };
      try {
        return before ? body() : tapped(body);
      } finally {
        counting = before;
      }
    },
    ofWeights(flops) {
      const moved = Math.min(flops, counts.inputGradients);
      counts.inputGradients -= moved;
      counts.weightGradients += moved;
    },
  };
}

/** What runs during `body` is work of this kind, for whoever counts; of kernels only the forward pass is separate. */
export function as<T>(kind: Kind, body: () => T): T {
  const now = counting;
  if (!now || (now.kind === 'kernels' && kind !== 'forward')) return body();
  const before = now.kind;
  now.kind = kind;
  try {
    return body();
  } finally {
    now.kind = before;
  }
}

/** Counts work that is not done by kernels, for whoever counts. */
export function addWork(flops: number): void {
  if (counting) counting.counts[counting.kind] += flops;
}

function tapped<T>(body: () => T): T {
  let depth = 0;
  return tap(
    'work',
    ({ runKernel }) => ({
      runKernel(name, inputs, attrs) {
        depth++;
        let out: ReturnType<Engine['runKernel']>;
        try {
          out = runKernel(name, inputs, attrs);
        } finally {
          depth--;
        }
        // A kernel that another one calls is part of it.
        if (depth === 0) counting!.counts[counting!.kind] += flopsOf(name, inputs, out, attrs);
        return out;
      },
    }),
    body,
  );
}
