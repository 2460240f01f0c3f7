/** R: R^N -> R, smooth and convex. */
export interface Loss {
  /** As messages name it. */
  readonly name: string;
  /** N */
  readonly size: number;
  /** R(y) */
  value(y: Float64Array): number;
  /** R'(y); in `out`, which may be used if it is given. */
  derivative(y: Float64Array, out?: Float64Array): Float64Array;
  /** R*(p) = max over y of <p, y> - R(y); certificates ask it for p = scale R'(y), scale from 0 to 1. */
  conjugate(p: Float64Array): number;
  /** The diagonal of R''(y), where R is a sum over coordinates: for `polish`. */
  curvature?(y: Float64Array): Float64Array;
  /**
   * R(y) + R*(scale R'(y)) - scale <R'(y), y>, which is >= 0. Absent: from the three terms, with the cancellation that
   * this brings.
   */
  fenchelYoung?(y: Float64Array, scale: number): number;
}

/** R(y) + R*(scale R'(y)) - scale <R'(y), y>, the loss's own way where it has one. */
export function fenchelYoung(loss: Loss, y: Float64Array, scale: number): number {
  if (loss.fenchelYoung) return loss.fenchelYoung(y, scale);
  const p = loss.derivative(y).map((v) => scale * v);
  let inner = 0;
  for (let n = 0; n < y.length; n++) inner += p[n]! * y[n]!;
  return loss.value(y) + loss.conjugate(p) - inner;
}
