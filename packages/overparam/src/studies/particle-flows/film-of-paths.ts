import * as Plot from '@observablehq/plot';
import type { PlotOptions } from '@observablehq/plot';
import type { Measure } from '@overparam/wasserstein-flow';
import { colorOf } from '../../figures/index.ts';
import type { Moment } from './follow.ts';
import { framesOf, pathsOf } from './paths.ts';

interface FilmOfPaths {
  readonly moments: readonly Moment[];
  /** Where a particle stands in the figure. */
  at(measure: Measure, i: number): readonly [x: number, y: number];
  readonly period?: number;
  /** Axes, and what stands behind the particles. */
  readonly ground: PlotOptions;
}

/** How many frames a film has, about. */
export const FRAMES = 50;

/** Particles in the colour that the sign of their weight has in the end, and the way that they have come. */
export function filmOfPaths({ moments, at, period, ground }: FilmOfPaths): readonly PlotOptions[] {
  const signs = moments.at(-1)!.measure.weights.map(Math.sign);
  return framesOf(moments, FRAMES).map((moment) => {
    const past = moments.slice(0, moments.indexOf(moment) + 1);
    const dots = signs.map((sign, i) => {
      const [x, y] = at(moment.measure, i);
      return { x, y, fill: colorOf(sign > 0 ? 0 : 1) };
    });
    return {
      ...ground,
      marks: [
        ...(ground.marks ?? []),
        Plot.line(pathsOf(past, at, period), { x: 'x', y: 'y', z: 'line', stroke: 'var(--faint)', strokeWidth: 0.8 }),
        Plot.dot(dots, { x: 'x', y: 'y', fill: 'fill', r: 3 }),
      ],
    };
  });
}
