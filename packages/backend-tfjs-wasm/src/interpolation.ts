/** Of one result along an axis: two places in the input, and the weight of the second; the first has the rest of 1. */
export interface Mixture {
  readonly first: number;
  readonly second: number;
  readonly weight: number;
}

/** How a picture is resized, as tfjs's operations state it. */
export interface Resizing {
  readonly size: readonly [height: number, width: number];
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Of what each of `to` results along an axis of `from` pixels is the mixture: linear interpolation, or the nearest pixel. */
export function mixtures(
  method: 'bilinear' | 'nearest',
  from: number,
  to: number,
  { alignCorners, halfPixelCenters }: Omit<Resizing, 'size'>,
): readonly Mixture[] {
  const aligned = alignCorners && to > 1;
  const ratio = (aligned ? from - 1 : from) / (aligned ? to - 1 : to);
  return Array.from({ length: to }, (_, j) => {
    if (method === 'nearest') {
      const at = halfPixelCenters ? ratio * (j + 0.5) : ratio * j;
      const place = Math.min(from - 1, Math.max(0, alignCorners ? Math.round(at) : Math.floor(at)));
      return { first: place, second: place, weight: 0 };
    }
    const at = halfPixelCenters ? ratio * (j + 0.5) - 0.5 : ratio * j;
    const first = Math.max(0, Math.floor(at));
    const second = Math.max(0, Math.min(from - 1, Math.ceil(at)));
    return { first: Math.min(first, from - 1), second, weight: first === second ? 0 : at - first };
  });
}
