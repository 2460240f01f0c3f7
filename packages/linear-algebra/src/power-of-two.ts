/** The exponent e of x = m 2^e with 1 <= |m| < 2; x is finite and not zero. */
export function exponentOf(x: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const exponent = (bits.getUint16(0) >>> 4) & 2047;
  return exponent > 0 ? exponent - 1023 : exponentOf(x * 0x10000000000000) - 52;
}

/** 2^k by its bits, for -1022 <= k <= 1023: engines may round `**` as they like. */
function normal(k: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint16(0, (k + 1023) << 4);
  return bits.getFloat64(0);
}

/**
 * Multiplication by 2^k, exact unless the result is subnormal or infinite, for any k. It keeps squares and products inside a
 * factorisation from over- and underflowing.
 */
export function powerOfTwo(k: number): (x: number) => number {
  const half = Math.trunc(k / 2);
  const [first, second] = [normal(half), normal(k - half)];
  return (x) => x * first * second;
}

/** Multiplication that brings numbers up to `largest` below 2, and its inverse; both do nothing where `largest` is 0. */
export function toUnitScale(largest: number): {
  readonly scale: (x: number) => number;
  readonly unscale: (x: number) => number;
} {
  const k = largest === 0 ? 0 : exponentOf(largest);
  return { scale: powerOfTwo(-k), unscale: powerOfTwo(k) };
}
