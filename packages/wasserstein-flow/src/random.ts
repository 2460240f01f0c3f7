import { badOption } from '@overparam/core';

/** A generator of random numbers, as plain data: `random.state` is what a flow keeps. */
export interface Random {
  state: readonly number[];
}

/** A generator from a seed. @throws OverparamError `BAD_OPTION` */
export function seeded(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw badOption('seed', seed, 'a whole number');
  // SplitMix32 spreads the seed over the state; Steele, Lea and Flood (2014).
  let s = (seed ^ Math.floor(seed / 2 ** 32)) | 0;
  const next = (): number => {
    s = (s + 0x9e3779b9) | 0;
    let z = Math.imul(s ^ (s >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return { state: [next(), next(), next(), next()] };
}

/** A whole number of 32 bits. xoshiro128**, Blackman and Vigna, "Scrambled linear pseudorandom generators" (2021). */
export function word(random: Random): number {
  let [a, b, c, d] = random.state as [number, number, number, number];
  const rotated = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
  const t = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= t;
  d = rotated(d, 11);
  random.state = [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
  return result;
}

/** Uniform on (0, 1). */
export const uniform = (random: Random): number => (word(random) + 0.5) / 2 ** 32;

/** Standard normal: Box and Muller (1958). */
export function gaussian(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(uniform(random)));
  return radius * Math.cos(2 * Math.PI * uniform(random));
}
