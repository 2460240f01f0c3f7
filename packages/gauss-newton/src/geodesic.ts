import { withDefaults, type Asking, type Inquiry, type Matrix } from '@overparam/core';
import { fraction, positive } from '@overparam/line-search';
import { transposedTimes } from './blocks.ts';
import { type Displacement, type Model, type Shift } from './model.ts';
import { type GaussNewtonOracle } from './oracle.ts';
import { allFinite, largest, plus } from './vector.ts';

export interface GeodesicOptions {
  /** A trial with 2 |a| / |h| above it is refused. */
  readonly ratio?: number;
  /** How far along h the outputs are looked at: as a fraction of |w|, or of |h| where that is more or |w| not known. */
  readonly step?: number;
}

export type GeodesicOption = boolean | GeodesicOptions;

/** @throws OverparamError `BAD_OPTION`, `UNKNOWN_OPTION` */
export function resolveGeodesic(option: GeodesicOption): Required<GeodesicOptions> | null {
  if (option === false) return null;
  const all = withDefaults<GeodesicOptions>('geodesic', { ratio: 0.75, step: 0.004 }, option === true ? {} : option);
  positive('geodesic.ratio', all.ratio);
  fraction('geodesic.step', all.step);
  return all;
}

export interface Accelerated {
  /** h + a / 2 */
  readonly h: Displacement;
  /** 2 |a| / |h|; Infinity where the outputs along h are not finite. */
  readonly ratio: number;
}

/**
 * Geodesic acceleration: with f_hh the second derivative of the outputs along h,
 * a = argmin |S^T (J a + f_hh)|^2 / 2 + eps |a|^2 / 2, and the step is h + a / 2.
 * Transtrum and Sethna, arXiv 1201.5885.
 *
 * f_hh comes from the outputs along h, by the central differences of sixth order. Where it is nothing but their
 * rounding, as it is at last, there is no acceleration. h has to be the oracle's direction.
 */
export function* accelerate(
  oracle: Asking<GaussNewtonOracle>,
  model: Model,
  h: Displacement,
  shift: Shift,
  { data: f }: Matrix,
  step: number,
): Inquiry<Accelerated> {
  const sizes = oracle.sizes ? yield* oracle.sizes() : { parameters: 1, direction: 1 };
  const d = Math.min(1, step * Math.max(1, sizes.parameters / sizes.direction || 1));
  const sum = f.map((fi) => (-49 / 18) * fi);
  for (const [k, weight] of [1.5, -0.15, 1 / 90].entries())
    for (const side of [-1, 1]) {
      const there = yield* oracle.probeOutputs!(side * (k + 1) * d);
      there.data.forEach((fi, i) => (sum[i]! += weight * fi));
    }
  const second = sum.map((x) => x / d ** 2);
  if (!allFinite(second)) return { h, ratio: Infinity };
  const rounding = (8 * Number.EPSILON * largest(f)) / d ** 2;
  if (largest(second) <= rounding) return { h, ratio: 0 };
  const a = yield* model.minimise(shift, { u: transposedTimes(model.loss.S, second), rest: null });
  const ratio = h.squaredNorm > 0 ? 2 * Math.sqrt(a.squaredNorm / h.squaredNorm) : 0;
  const to = plus(data(h), 1 / 2, data(a));
  return { h: model.displacement(to, plus(h.outputs, 1 / 2, a.outputs)), ratio };
}

const data = ({ from }: Displacement): Float64Array => (from instanceof Float64Array ? from : from.data);
