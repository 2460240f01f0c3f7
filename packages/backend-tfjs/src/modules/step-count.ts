import type { Tensor } from '@tensorflow/tfjs-core';
import { OverparamError } from '@overparam/core';
import { complement, merged, type Part, type Range } from './part.ts';

/** How many steps moved a variable: one number, or one for each run of indices along an axis where they differ. */
export type StepCount = number | StepRuns;

interface StepRuns {
  readonly axis: number;
  readonly runs: readonly (readonly [length: number, t: number])[];
}

/** Indices of a part that as many steps have moved. */
export interface Alike {
  readonly t: number;
  /** Where they are in the variable. */
  readonly of: Part;
  /** Where they are in the part; undefined: they are all of it. */
  readonly within: Part;
}

/**
 * A part by how many steps have moved its indices.
 * @throws OverparamError `STATE_MISMATCH` for a count along another axis
 */
export function alike(count: StepCount, part: Part, variable: Tensor): readonly Alike[] {
  if (typeof count === 'number') return [{ t: count, of: part, within: undefined }];
  const { axis } = count;
  checkAxis(count, part, variable);
  const inside = part?.ranges ?? [[0, variable.shape[axis]!] as const];
  const of = new Map<number, Range[]>();
  const within = new Map<number, Range[]>();
  let used = 0;
  for (const [from, to] of inside)
    for (const [start, end, t] of runsOf(count)) {
      const range = [Math.max(from, start), Math.min(to, end)] as const;
      const length = range[1] - range[0];
      if (length <= 0) continue;
      of.set(t, [...(of.get(t) ?? []), range]);
      within.set(t, [...(within.get(t) ?? []), [used, used + length]]);
      used += length;
    }
  if (of.size === 1) return [{ t: [...of.keys()][0]!, of: part, within: undefined }];
  return [...of].map(([t, ranges]) => ({
    t,
    of: { axis, ranges: merged(ranges) },
    within: { axis, ranges: merged(within.get(t)!) },
  }));
}

/** The count after one more step of the part. */
export function counted(count: StepCount, part: Part, variable: Tensor): StepCount {
  if (typeof count === 'number' && !part) return count + 1;
  checkAxis(count, part, variable);
  const axis = part?.axis ?? (count as StepRuns).axis;
  const length = variable.shape[axis]!;
  const before = typeof count === 'number' ? [[0, length, count] as const] : runsOf(count);
  const moved = part?.ranges ?? [[0, length] as const];
  const pieces = [...moved.map((range) => [range, 1] as const), ...complement(moved, length).map((range) => [range, 0] as const)]; // prettier-ignore
  const runs: [number, number][] = [];
  for (const [[from, to], more] of pieces.sort(([[a]], [[b]]) => a - b))
    for (const [start, end, t] of before) {
      const size = Math.min(to, end) - Math.max(from, start);
      if (size <= 0) continue;
      const last = runs.at(-1);
      if (last?.[1] === t + more) last[0] += size;
      else runs.push([size, t + more]);
    }
  return runs.length === 1 ? runs[0]![1] : { axis, runs };
}

function checkAxis(count: StepCount, part: Part, { name, shape }: Tensor & { readonly name?: string }): void {
  if (typeof count === 'number' || !part || count.axis === part.axis) return;
  throw new OverparamError(
    'STATE_MISMATCH',
    `The moments of '${name}', of shape [${shape.join(', ')}], were made for modules that slice it along axis ${count.axis}, and these slice it along axis ${part.axis}: go on with the same modules.`,
  );
}

const runsOf = ({ runs }: StepRuns): readonly (readonly [from: number, to: number, t: number])[] => {
  let end = 0;
  return runs.map(([length, t]) => [end, (end += length), t]);
};
