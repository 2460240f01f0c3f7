import { type Asking, type Inquiry, type Matrix, type MeasureOracle, type Particles } from '@overparam/core';
import { gridPoints } from '../initial.ts';
import { pointsOf, rowsOf } from '../measure.ts';
import { seeded } from '../random.ts';
import { type ConvexForm } from './convex-form.ts';

/** A local maximum of |R'(mu)|, or of -R'(mu) where the measure has to be positive. */
export interface Peak {
  readonly position: readonly number[];
  /** R'(mu) there. */
  readonly value: number;
}

export interface PeakOptions {
  /** Points along each axis of the grid, on a torus or a box. */
  readonly perAxis?: number | undefined;
  /** Random points, on a sphere and in R^d. */
  readonly restarts?: number;
  /** Of the random points. */
  readonly seed?: number;
  /** From how many of the points, the highest ones, a local ascent starts. */
  readonly ascents?: number;
}

/** The side by which R'(mu) is judged: +1 or -1 with |R'| = side R'; -1 where only -R' counts. */
const side = (value: number, positive: boolean): number => (positive || value < 0 ? -1 : 1);

const defaultPerAxis = ({ domain, trigonometric }: ConvexForm): number => {
  const d = domain.dimension;
  if (trigonometric) return Math.max(32, 8 * d * trigonometric.degree);
  return d === 1 ? 512 : d === 2 ? 48 : Math.max(3, Math.floor(4096 ** (1 / d)));
};

/** Where to look: the particles, and a grid or random points. */
function places(form: ConvexForm, mu: Particles, { perAxis, restarts = 256, seed = 0 }: PeakOptions): number[][] {
  const { domain } = form;
  const own = pointsOf(mu.positions);
  if (domain.sides && domain.dimension <= 6) return [...own, ...gridPoints(domain, perAxis ?? defaultPerAxis(form))];
  const random = seeded(seed);
  return [...own, ...Array.from({ length: restarts }, () => domain.random(random))];
}

/**
 * The peaks that a local ascent reaches from the highest points of a grid, or of random ones, and from the particles;
 * highest first. Others may exist: a search proves nothing of what it has not seen.
 */
export function* peaks(
  oracle: Asking<MeasureOracle>,
  mu: Particles,
  form: ConvexForm,
  options: PeakOptions = {},
): Inquiry<Peak[]> {
  const { domain, positive } = form;
  const { ascents = 64 } = options;
  const points = places(form, mu, options);
  const { values } = yield* oracle.variation(mu, { points: rowsOf(points, domain.dimension) });
  const heights = points.map((_, i) => side(values[i]!, positive) * values[i]!);
  const order = points.map((_, i) => i).sort((i, j) => heights[j]! - heights[i]! || i - j);
  const spacing = domain.sides
    ? (domain.sides[0]![1] - domain.sides[0]![0]) / (options.perAxis ?? defaultPerAxis(form))
    : 0.1;
  // One ascent a hill: a point beside a higher one would climb the same.
  const starts: number[] = [];
  for (const i of order) {
    if (starts.length === ascents) break;
    if (starts.every((j) => domain.distance(points[i]!, points[j]!) > 1.5 * spacing)) starts.push(i);
  }
  const found = yield* ascend(
    oracle,
    mu,
    form,
    rowsOf(
      starts.map((i) => points[i]!),
      domain.dimension,
    ),
    spacing / 4,
  );
  const tops: Peak[] = [];
  for (const peak of found) {
    if (tops.every(({ position }) => domain.distance(position, peak.position) > 1e-5 * spacing)) tops.push(peak);
  }
  return tops;
}

/** Gradient ascent with steps of Barzilai and Borwein (1988), all points at once; a step that does not climb is shortened. */
function* ascend(
  oracle: Asking<MeasureOracle>,
  mu: Particles,
  { domain, positive }: ConvexForm,
  start: Matrix,
  length: number,
): Inquiry<Peak[]> {
  const { rows: n, columns: d } = start;
  const x = start.data.slice();
  const first = yield* oracle.variation(mu, { points: start });
  const values = first.values.slice();
  const signs = values.map((v) => side(v, positive));
  const slope = (at: Matrix, gradients: Matrix): Float64Array => {
    const data = gradients.data.map((v, k) => v * signs[(k / d) | 0]!);
    domain.tangent(at, { ...at, data });
    return data;
  };
  const square = (v: Float64Array, i: number): number => inner(v, v, i, d);
  const g = slope(start, first.gradients);
  const steps = values.map((_, i) => length / (Math.sqrt(square(g, i)) || 1));
  const climbing = new Set(Array.from({ length: n }, (_, i) => i));
  for (let round = 0; round < 100 && climbing.size > 0; round++) {
    const active = [...climbing];
    const pick = (v: Float64Array): Matrix => ({
      rows: active.length,
      columns: d,
      data: Float64Array.from({ length: active.length * d }, (_, k) => v[active[(k / d) | 0]! * d + (k % d)]!),
    });
    const trial = pick(x);
    const move = pick(g);
    for (let k = 0; k < move.data.length; k++) move.data[k]! *= steps[active[(k / d) | 0]!]!;
    domain.exponential(trial, move, 1);
    const there = yield* oracle.variation(mu, { points: trial });
    active.forEach((i, j) => {
      const gain = signs[i]! * (there.values[j]! - values[i]!);
      if (!(gain > 0)) {
        steps[i]! /= 4;
        if (!(steps[i]! * square(g, i) > 1e-17 * Math.abs(values[i]!))) climbing.delete(i);
        return;
      }
      const row = { rows: 1, columns: d, data: trial.data.slice(j * d, (j + 1) * d) };
      const gradient = there.gradients.data.slice(j * d, (j + 1) * d).map((v) => v * signs[i]!);
      domain.tangent(row, { ...row, data: gradient });
      let moved = 0;
      let change = 0;
      for (let k = 0; k < d; k++) {
        const by = row.data[k]! - x[i * d + k]!;
        moved += by * by;
        change += by * (g[i * d + k]! - gradient[k]!);
        x[i * d + k] = row.data[k]!;
        g[i * d + k] = gradient[k]!;
      }
      values[i] = there.values[j]!;
      // Where the function is convex along the move its curvature gives no step: go further.
      steps[i] = change > 0 ? moved / change : 2 * steps[i]!;
      const reach = 4 * length;
      steps[i] = Math.min(steps[i]!, reach / (Math.sqrt(square(g, i)) || 1));
      if (!(steps[i]! * square(g, i) > 1e-17 * Math.abs(values[i]!))) climbing.delete(i);
    });
  }
  return Array.from({ length: n }, (_, i) => ({
    position: Array.from(x.subarray(i * d, (i + 1) * d)),
    value: values[i]!,
  })).sort((a, b) => side(b.value, positive) * b.value - side(a.value, positive) * a.value);
}

function inner(a: Float64Array, b: Float64Array, i: number, d: number): number {
  let sum = 0;
  for (let k = i * d; k < (i + 1) * d; k++) sum += a[k]! * b[k]!;
  return sum;
}
