import { OverparamError } from '@overparam/core';
import { matrix, type Matrix } from '@overparam/linear-algebra';
import type { Box } from './box.ts';

/** Finite differences of first or of second order. */
export type Differences = '2-point' | '3-point';

/** The balance of truncation and rounding, relative to the size of x: eps^1/2 for first order, eps^1/3 for second. */
const relative = { '2-point': Math.sqrt(Number.EPSILON), '3-point': Math.cbrt(Number.EPSILON) } as const;

/** A change of the residuals by less than this part of them has too few digits that are not rounding. */
const rounding = 256 * Number.EPSILON;

/** The largest second difference, as a part of the first, at which a step is short enough for its formula. */
const mostBend = { '2-point': 0.1, '3-point': 0.01 } as const;

/** Steps that are tried for one column. */
const mostTrials = 24;

export interface DifferenceOptions {
  readonly order: Differences;
  readonly box: Box;
  /** The user's relative steps, one per parameter, which are taken as they are; null: the steps are chosen. */
  readonly steps: Float64Array | null;
}

/** What a Jacobian by differences takes from the one before it. */
export interface DifferenceHints {
  /** Parameters that are smaller count as if they had this size. */
  readonly least: Float64Array;
  /** The change of a parameter that changes the residuals by about their own size; 0 where it is not known. */
  readonly reach: Float64Array;
  /** True: looks at both sides of each parameter, and searches again for steps of those that had no effect so far. */
  readonly thorough: boolean;
}

/** Writes one number per residual at `offset`, and every `stride` on. */
type Writer = (into: Float64Array, offset: number, stride: number) => void;

/** Differences along one parameter for one step. */
interface Trial {
  /** Writes the derivatives; before the next trial. */
  readonly derivatives: Writer;
  /** The same from one side alone. */
  readonly oneSided: Writer;
  /** The largest change of a residual, and the largest second difference (0 where there is none). */
  readonly change: number;
  readonly bend: number;
}

/**
 * Jacobians by finite differences inside the box.
 *
 * A step is relative to the size of the parameter. It is too short where the residuals change by no more than rounding, and
 * too long where their second difference is not small beside the first: then other steps are tried, larger or smaller
 * ones. A parameter without effect at any step has a column of zeros.
 *
 * Where a step leaves the box, or r is not finite there, the difference is taken on the other side; with '3-point' by the
 * formula (-3 r(x) + 4 r(x + h) - r(x + 2h)) / 2h.
 *
 * @param residuals writes r(x) into an array, and returns it
 */
export function differences(
  residuals: (x: Float64Array, into: Float64Array) => Float64Array,
  { order, box, steps }: DifferenceOptions,
): (x: Float64Array, rx: Float64Array, hints: DifferenceHints) => Matrix {
  /** How much shorter than usual the steps of each parameter have to be, and whether it had no effect at any. */
  let shorter = new Float64Array(0);
  let idle = new Uint8Array(0);

  return (x, rx, { least, reach, thorough }) => {
    if (shorter.length === 0) [shorter, idle] = [new Float64Array(x.length).fill(1), new Uint8Array(x.length)];
    const J = matrix(rx.length, x.length);
    const evaluate = alternating(residuals, rx.length);
    const noise = rounding * largest(rx);
    for (let j = 0; j < x.length; j++) {
      if (box.lower[j] === box.upper[j]) continue;
      const size = Math.max(Math.abs(x[j]!), least[j]!) || 1;
      const usual = relative[order] * size;
      const both = order === '3-point' || thorough;
      const attempt = (h: number): Trial | undefined => differencesAlong(evaluate, x, rx, j, h, { order, box, both });
      let derivatives: Writer | undefined;
      if (steps) derivatives = attempt(steps[j]! * size)?.derivatives;
      else {
        const search = idle[j] === 1 && !thorough ? 1 : mostTrials;
        const natural = [relative[order] * reach[j]!, relative[order]];
        const room = Math.max(box.upper[j]! - x[j]!, x[j]! - box.lower[j]!);
        const found = searchStep(attempt, { x: x[j]!, first: usual * shorter[j]!, natural, room, noise, order, trials: search, count: rx.length }); // prettier-ignore
        derivatives = found?.derivatives;
        if (found) {
          idle[j] = found.change === 0 ? 1 : 0;
          if (found.h < usual) shorter[j] = found.h / usual;
        }
      }
      if (!derivatives)
        throw new OverparamError(
          'NOT_FINITE',
          `The residuals are not finite on either side of parameter ${j} = ${x[j]}: set its bounds, or pass a 'jacobian'.`,
        );
      derivatives(J.data, j, x.length);
    }
    return J;
  };
}

/** r(x) in one of two arrays by turns: a trial looks at two points. */
function alternating(
  residuals: (x: Float64Array, into: Float64Array) => Float64Array,
  count: number,
): (x: Float64Array) => Float64Array {
  const buffers = [new Float64Array(count), new Float64Array(count)] as const;
  let turn: 0 | 1 = 0;
  return (x) => residuals(x, buffers[(turn = turn === 0 ? 1 : 0)]);
}

interface Search {
  /** The parameter. */
  readonly x: number;
  readonly first: number;
  /** Steps to try where the first one is too short. */
  readonly natural: readonly number[];
  /** The longest step inside the box. */
  readonly room: number;
  readonly noise: number;
  readonly order: Differences;
  readonly trials: number;
  /** The number of residuals. */
  readonly count: number;
}

/** The first step that is neither too short nor too long; else the best. Undefined where no residuals are finite. */
function searchStep(
  attempt: (h: number) => Trial | undefined,
  { x, first, natural, room, noise, order, trials, count }: Search,
): (Trial & { readonly h: number }) | undefined {
  let best: (Trial & { readonly h: number }) | undefined;
  let curved: Trial | undefined;
  let [short, long] = [0, Infinity];
  let growth = 1e4;
  let h = first;
  for (let trial = 0; trial < trials; trial++) {
    const moves = x + h !== x || x - h !== x;
    const made = moves ? attempt(h) : undefined;
    const before = best;
    const bent = made && made.bend > noise && made.bend > mostBend[order] * made.change;
    if (made && !bent && made.change > noise) return { ...made, h };
    if (made && better(made, best, noise)) best = { ...made, derivatives: kept(made.derivatives, count), h };
    if (bent) curved ??= { ...made, oneSided: kept(made.oneSided, count) };
    if (moves && (!made || bent)) {
      // Where a shorter step has no smaller second difference, that is noise or a kink, not curvature.
      if (bent && before && before.change > noise && best === before) break;
      long = h;
      h = short > 0 ? Math.sqrt(short) * Math.sqrt(long) : long / 1e3;
    } else {
      short = Math.max(h, Number.MIN_VALUE);
      const next = natural.find((step) => step > 10 * h && step < long);
      if (long < Infinity) h = Math.sqrt(short) * Math.sqrt(long);
      else if (next !== undefined) h = next;
      else {
        h *= growth;
        if (h === 0) h = Number.MIN_VALUE;
        if (h > 1e17 * first && h > 1) growth *= growth;
      }
    }
    if (long / short < 8 || short >= room || !(h > 0 && h < Infinity)) break;
  }
  // Where x is a stationary point of r, the derivative on one side leads away from it.
  return best && curved && best.change <= noise ? { ...best, derivatives: curved.oneSided, change: curved.bend } : best; // prettier-ignore
}

function kept(write: Writer, count: number): Writer {
  const values = new Float64Array(count);
  write(values, 0, 1);
  return (into, offset, stride) => {
    for (let i = 0, at = offset; i < count; i++, at += stride) into[at] = values[i]!;
  };
}

/** Whether a trial says more of the derivative: its second difference is smaller beside the first, which is not rounding. */
function better(made: Trial, best: Trial | undefined, noise: number): boolean {
  if (!best) return true;
  if (made.change <= noise) return best.change <= noise && made.change > best.change;
  return best.change <= noise || made.bend / made.change < best.bend / best.change;
}

interface Sides {
  readonly order: Differences;
  readonly box: Box;
  /** Evaluates both sides of x_j, for the second difference. */
  readonly both: boolean;
}

/** Differences by a step of `size` along parameter j; undefined where r is finite on neither side. */
function differencesAlong(
  residuals: (x: Float64Array) => Float64Array,
  x: Float64Array,
  rx: Float64Array,
  j: number,
  size: number,
  { order, box: { lower, upper }, both }: Sides,
): Trial | undefined {
  const xj = x[j]!;
  const [below, above] = [xj - lower[j]!, upper[j]! - xj];
  /** r at xj + h, and the h that x can hold; undefined outside the box and where r is not finite. */
  const at = (h: number): Point | undefined => {
    const moved = x.slice();
    moved[j] = xj + h;
    if (moved[j] === xj || moved[j]! < lower[j]! || moved[j]! > upper[j]!) return undefined;
    const r = residuals(moved);
    return allFinite(r) ? { h: moved[j]! - xj, r } : undefined;
  };
  const away = xj < 0 ? -1 : 1;
  // Away from zero, unless there is more room on the other side.
  const sides = [away, -away]
    .map((sign) => sign * Math.min(size, sign > 0 ? above : below))
    .sort((a, b) => Math.abs(b) - Math.abs(a))
    .filter((h) => h !== 0);
  if (both) {
    const forward = at(size);
    const backward = forward && at(-size);
    if (forward && backward) {
      const central = away > 0 ? threePoint(rx, forward, backward) : threePoint(rx, backward, forward);
      return order === '3-point' ? central : { ...central, derivatives: central.oneSided };
    }
  }
  for (const side of sides) {
    if (order === '3-point') {
      const half = at(side / 2);
      const full = half && at(side);
      if (half && full) return threePoint(rx, half, full);
    } else {
      const there = at(side);
      if (there) return twoPoint(rx, there);
    }
  }
  return undefined;
}

interface Point {
  readonly h: number;
  readonly r: Float64Array;
}

function twoPoint(rx: Float64Array, { h, r }: Point): Trial {
  const derivatives = quotients(rx, r, h);
  let change = 0;
  for (let i = 0; i < rx.length; i++) {
    const difference = Math.abs(r[i]! - rx[i]!);
    if (difference > change) change = difference;
  }
  return { derivatives, oneSided: derivatives, change, bend: 0 };
}

/** The derivative at 0 of the parabola through (0, rx), a and b, on one side of 0 or on both. */
function threePoint(rx: Float64Array, { h: a, r: ra }: Point, { h: b, r: rb }: Point): Trial {
  const central = a < 0 !== b < 0;
  let change = 0;
  let bend = 0;
  for (let i = 0; i < rx.length; i++) {
    const x = rx[i]!;
    const da = ra[i]! - x;
    const db = rb[i]! - x;
    const first = Math.abs(central ? db - da : db);
    const second = Math.abs(central ? da + db : db - 2 * da);
    if (first > change) change = first;
    if (second > bend) bend = second;
  }
  const [byA, byB] = [b / a / (b - a), a / b / (b - a)];
  const parabola: Writer = (into, offset, stride) => {
    for (let i = 0, at = offset; i < rx.length; i++, at += stride)
      into[at] = (ra[i]! - rx[i]!) * byA - (rb[i]! - rx[i]!) * byB;
  };
  // With steps of one length on both sides the formula has no r(x), and less rounding.
  return { derivatives: central ? quotients(ra, rb, b - a) : parabola, oneSided: quotients(rx, ra, a), change, bend };
}

/** (to - from) / h */
const quotients =
  (from: Float64Array, to: Float64Array, h: number): Writer =>
  (into, offset, stride) => {
    for (let i = 0, at = offset; i < from.length; i++, at += stride) into[at] = (to[i]! - from[i]!) / h;
  };

/** max_i |x_i| */
export function largest(x: Float64Array): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) if (Math.abs(x[i]!) > most) most = Math.abs(x[i]!);
  return most;
}

export function allFinite(x: Float64Array): boolean {
  for (let i = 0; i < x.length; i++) if (!(Math.abs(x[i]!) < Infinity)) return false;
  return true;
}
