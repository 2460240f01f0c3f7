import { median } from '../results/quantile.ts';
import type { Results } from '../results/results.ts';
import { byMethod, type MethodRuns } from './summary.ts';

/** A point of a line, and what it lies between, where it stands for several runs. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
}

/** A value of one run at one place, or null where it has none. */
type Values = (runs: MethodRuns['runs'][number]) => readonly (readonly [x: number, y: number | null])[];

/** The k-th values of all seeds become the k-th point of their method's line: the median, the smallest, the largest. */
export function seriesOf(results: Results, values: Values): Series[] {
  return byMethod(results).map(({ label, runs }) => {
    const each = runs.map(values);
    const length = Math.max(...each.map((list) => list.length));
    const points = Array.from({ length }, (_, k) => {
      const there = each.flatMap((list) => {
        const [x, y] = list[k] ?? [0, null];
        return y === null ? [] : [[x, y] as const];
      });
      const ys = there.map(([, y]) => y);
      return { x: median(there.map(([x]) => x)), y: median(ys), low: Math.min(...ys), high: Math.max(...ys) };
    });
    return { label, points: points.filter(({ y }) => Number.isFinite(y)) };
  });
}
