/**
 * MurmurHash3_x86_32 (A. Appleby, public domain) of the four bytes of `key`, the lowest first: 32 bits, unsigned.
 * `assembly/dropout.ts` computes the same one.
 */
export function murmur3(key: number, seed: number): number {
  const k = Math.imul(rotate(Math.imul(key, 0xcc9e2d51), 15), 0x1b873593);
  // 4 is the length of the key in bytes.
  let h = (Math.imul(rotate(seed ^ k, 13), 5) + 0xe6546b64) ^ 4;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
