import type { Answer, Work } from '@overparam/core';
import { engine, type Engine } from './engine.ts';
import { flopsOf } from './flops.ts';
import type { Recording } from './recording.ts';

type Kind = keyof Work;

/** f at other points. */
export type Elsewhere = Pick<Recording, 'replay' | 'differentiate'>;

/** Counts the work of kernels. */
export interface Meter {
  work(): Work;
  /** Counts what runs during `body`, until its answer is there, as work of this kind where {@link as} says no other. */
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

/** Who counts now: the last of them. */
const counting: Counting[] = [];
/** Takes the hook from the engine. */
let unhook: (() => void) | undefined;

export function meter(): Meter {
  const counts = { forward: 0, inputGradients: 0, weightGradients: 0, kernels: 0 };
  return {
    work: () => ({ ...counts }),
    during(kind, body) {
      const now: Counting = { counts, kind };
      counting.push(now);
      hook();
      const done = (): void => {
        counting.splice(counting.indexOf(now), 1);
        if (counting.length === 0) unhook?.();
      };
      let answer: ReturnType<typeof body>;
      try {
        answer = body();
      } catch (error) {
        done();
        throw error;
      }
      const then = (answer as Answer<unknown> as PromiseLike<unknown> | undefined | null)?.then;
      if (typeof then === 'function') then.call(answer, done, done);
      else done();
      return answer;
    },
    ofWeights(flops) {
      const moved = Math.min(flops, counts.inputGradients);
      counts.inputGradients -= moved;
      counts.weightGradients += moved;
    },
  };
}

/** What runs during `body` is work of this kind, for whoever counts; of kernels only the forward pass is apart. */
export function as<T>(kind: Kind, body: () => T): T {
  const now = counting.at(-1);
  if (!now || (now.kind === 'kernels' && kind !== 'forward')) return body();
  const before = now.kind;
  now.kind = kind;
  try {
    return body();
  } finally {
    now.kind = before;
  }
}

function hook(): void {
  if (unhook) return;
  const current = engine();
  const { runKernel } = current;
  const own = Object.getOwnPropertyDescriptor(current, 'runKernel');
  let depth = 0;
  current.runKernel = (name, inputs, attrs) => {
    depth++;
    let out: ReturnType<Engine['runKernel']>;
    try {
      out = runKernel.call(current, name, inputs, attrs);
    } finally {
      depth--;
    }
    // A kernel that another one calls is part of it.
    if (depth === 0) {
      const now = counting.at(-1)!;
      now.counts[now.kind] += flopsOf(name, inputs, out, attrs);
    }
    return out;
  };
  unhook = () => {
    unhook = undefined;
    if (own) Object.defineProperty(current, 'runKernel', own);
    else delete (current as Partial<Engine>).runKernel;
  };
}
