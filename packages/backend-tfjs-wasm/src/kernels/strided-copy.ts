import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type KernelHost } from './host.ts';
import { partsOf, ranges } from './split.ts';

/** One loop of a copy: how often, and the steps through source and target, in elements. */
export interface Loop {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** How far apart neighbours along each axis lie in a tensor of this shape. */
export function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = step;
    step *= shape[axis]!;
  }
  return result;
}

/**
 * The same copy in fewer loops: those of size 1 fall out, and neighbours that continue one another in source and target are one.
 * The loop that is contiguous in the source goes next to the last one when both are too short to be left apart: a transpose of planes.
 */
export function plan(loops: readonly Loop[]): readonly Loop[] {
  const merged: Loop[] = [];
  for (const loop of loops) {
    if (loop.size === 1) continue;
    if (loop.size === 0) return [{ size: 0, from: 1, to: 1 }];
    const outer = merged.at(-1);
    if (outer && outer.from === loop.from * loop.size && outer.to === loop.to * loop.size)
      merged[merged.length - 1] = { ...loop, size: outer.size * loop.size };
    else merged.push(loop);
  }
  if (merged.length === 0) return [{ size: 1, from: 1, to: 1 }];
  const last = merged.at(-1)!;
  if (last.from !== 1 && last.to === 1) {
    const contiguous = merged.findIndex((loop) => loop.from === 1);
    if (contiguous >= 0) merged.splice(-1, 0, ...merged.splice(contiguous, 1));
  }
  return merged;
}

/** Whether the loops copy all n elements in their order. */
export function keepsAll(loops: readonly Loop[], count: number): boolean {
  const [only, ...others] = plan(loops);
  return only!.size === count && only!.from === 1 && only!.to === 1 && others.length === 0;
}

/** Copies elements of x, from the one at `start` on, into `out`, from the one at `target` on, by the loops given. */
export function stridedCopy(
  host: KernelHost,
  x: TensorInfo,
  out: TensorInfo,
  loops: readonly Loop[],
  { start = 0, target = 0 }: { readonly start?: number; readonly target?: number } = {},
): void {
  const bytes = util.bytesPerElement(x.dtype);
  const planned = plan(loops);
  const numbers = planned.flatMap(({ size, from, to }) => [size, from * bytes, to * bytes]);
  const [from, to] = [host.offset(x) + start * bytes, host.offset(out) + target * bytes];
  const cost = planned.reduce((product, { size }) => product * size, 1);
  const grain = planned.length === 1 ? 64 : 1;
  host.share('stridedCopy', cost, (most, compute) => {
    const cut = loopToCut(planned, most);
    const [items, fromStep, toStep] = numbers.slice(3 * cut) as [number, number, number];
    const parts = partsOf(items, grain, most);
    // Each part has a plan of its own, which differs in how often one loop goes round.
    host.scratch(4 * numbers.length * parts, (scratch) =>
      compute(
        ranges(items, parts, grain, (first, count, part) => {
          const at = scratch + 4 * numbers.length * part;
          host.writeInts(at, numbers.with(3 * cut, count));
          return [from + first * fromStep, to + first * toStep, at, planned.length, bytes];
        }),
      ),
    );
  });
}

/** The loop that is the outermost in the source and goes round often enough: what a thread reads it is likely to have written. */
function loopToCut(planned: readonly Loop[], parts: number): number {
  const outer = planned.length > 1 ? planned.slice(0, -1) : planned;
  const long = outer.filter(({ size }) => size >= 2 * parts);
  const best = (long.length > 0 ? long : outer).reduce((a, b) =>
    (long.length > 0 ? Math.abs(b.from) > Math.abs(a.from) : b.size > a.size) ? b : a,
  );
  return planned.indexOf(best);
}
