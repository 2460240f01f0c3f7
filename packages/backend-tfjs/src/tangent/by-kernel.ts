import type { Selection } from '../modules/part.ts';

/** The same for the same parts. */
export const keyOf = (moving: Selection): string =>
  [...moving].map(([i, part]) => (part ? `${i}/${part.axis}/${part.ranges.join()}` : i)).join(';');

/** <g, J^T u> = gL^T K u and |g|^2 = gL^T K gL, with gL = dL / d outputs and g = J^T gL. */
export function byKernel(
  K: Float64Array,
  gL: Float64Array,
  u: Float64Array,
): { readonly slope: number; readonly squaredGradientNorm: number } {
  let [slope, squaredGradientNorm] = [0, 0];
  for (let i = 0; i < gL.length; i++) {
    let [Ku, Kg] = [0, 0];
    for (let j = 0; j < gL.length; j++) {
      const k = K[i * gL.length + j]!;
      Ku += k * u[j]!;
      Kg += k * gL[j]!;
    }
    slope += gL[i]! * Ku;
    squaredGradientNorm += gL[i]! * Kg;
  }
  return { slope, squaredGradientNorm };
}
