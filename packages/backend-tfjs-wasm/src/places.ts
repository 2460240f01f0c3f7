/** A place in one image of a batch, in pixels; undefined where there is none. */
export type Place = readonly [image: number, y: number, x: number] | undefined;

const clamp = (x: number, length: number): number => Math.min(Math.max(0, x), length - 1);

/** Where a coordinate outside the image is taken from, as tfjs's kernels map it. */
function mapped(at: number, length: number, mode: string): number {
  if (mode === 'nearest') return clamp(at, length);
  if (mode !== 'reflect' && mode !== 'wrap') return at;
  if (at >= 0 && at <= length - 1) return at;
  if (length <= 1) return 0;
  if (mode === 'wrap') {
    const steps = at < 0 ? Math.trunc(-at / (length - 1)) + 1 : -Math.trunc(at / (length - 1));
    return clamp(at + length * steps, length);
  }
  const double = 2 * length;
  if (at < 0) {
    const moved = double * Math.trunc(-at / double) + at;
    return clamp(moved < -length ? moved + double : -moved - 1, length);
  }
  const moved = at - double * Math.trunc(at / double);
  return clamp(moved >= length ? double - moved - 1 : moved, length);
}

/**
 * For each pixel of [batch, tall, wide] the place in an image of [batch, height, width] that a projective transform takes it from,
 * x = (t0 x' + t1 y' + t2) / (t6 x' + t7 y' + 1) and y = (t3 x' + t4 y' + t5) / the same.
 * @param transforms eight numbers for each image, or eight for all
 */
export function transformPlaces(
  [batch, height, width]: readonly number[],
  [tall, wide]: readonly number[],
  transforms: ArrayLike<number>,
  mode: string,
): Place[] {
  return Array.from({ length: batch! * tall! * wide! }, (_, i): Place => {
    const image = Math.floor(i / (tall! * wide!));
    const [y, x] = [Math.floor(i / wide!) % tall!, i % wide!];
    const first = transforms.length === 8 ? 0 : 8 * image;
    const linear = (from: number, constant: number): number =>
      transforms[first + from]! * x + transforms[first + from + 1]! * y + constant;
    const projection = linear(6, 1);
    if (projection === 0) return undefined;
    const at = (from: number): number => linear(from, transforms[first + from + 2]!) / projection;
    return [image, mapped(at(3), height!, mode), mapped(at(0), width!, mode)];
  });
}
