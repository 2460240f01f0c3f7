import type { Moment } from './follow.ts';

/** A point of a particle's path, as a figure shows it. */
export interface PathPoint {
  readonly x: number;
  readonly y: number;
  /** Of one unbroken line. */
  readonly line: string;
}

/**
 * The paths of all particles, each broken where `x` or `y` jumps by more than half of the period: it has passed the seam of
 * the circle.
 */
export function pathsOf(
  moments: readonly Moment[],
  at: (measure: Moment['measure'], i: number) => readonly [x: number, y: number],
  period: number = Infinity,
): readonly PathPoint[] {
  return moments[0]!.measure.weights.flatMap((_, i) => {
    let part = 0;
    let [lastX, lastY] = at(moments[0]!.measure, i);
    return moments.map(({ measure }) => {
      const [x, y] = at(measure, i);
      if (Math.abs(x - lastX) > period / 2 || Math.abs(y - lastY) > period / 2) part++;
      [lastX, lastY] = [x, y];
      return { x, y, line: `${i}.${part}` };
    });
  });
}

/** The representative in [0, period). */
export const modulo = (x: number, period: number): number => x - period * Math.floor(x / period);

/** About `count` of the moments, the first and the last among them. */
export const framesOf = (moments: readonly Moment[], count: number): readonly Moment[] => {
  const every = Math.ceil((moments.length - 1) / count) || 1;
  return moments.filter((_, i) => (moments.length - 1 - i) % every === 0);
};
