/** What a step along d left behind. */
export interface Secant {
  /** The step that was taken. */
  readonly step: number;
  /** <g, d> before and after it. */
  readonly slope: number;
  readonly slopeAfter: number;
  /** |d|^2 */
  readonly squaredDirectionNorm: number;
  /** |g' - g|^2 */
  readonly squaredGradientChange: number;
}

/**
 * The next steps of Barzilai and Borwein (1988) for d = -g, with s = step d and y = g' - g, from scalars alone:
 * `long` = <s, s> / <s, y> and `short` = <s, y> / <y, y>. Where <s, y> <= 0, f is not convex along d and both are
 * Infinity: clip them.
 */
export function barzilaiBorwein({ step, slope, slopeAfter, squaredDirectionNorm, squaredGradientChange }: Secant): {
  readonly long: number;
  readonly short: number;
} {
  const curvature = step * (slopeAfter - slope);
  if (!(curvature > 0)) return { long: Infinity, short: Infinity };
  return { long: (step ** 2 * squaredDirectionNorm) / curvature, short: curvature / squaredGradientChange };
}
