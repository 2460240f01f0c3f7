import type { LeastSquares } from './least-squares.ts';

export type Random = () => number;

/** Numbers from 0 to 1 (mulberry32). */
export function random(seed: number): Random {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const vector = (n: number, draw: () => number): number[] => Array.from({ length: n }, draw);

/** Least squares that interpolates, badly scaled, and the rows of each batch. */
export interface RandomProblem extends LeastSquares {
  readonly solution: readonly number[];
  readonly batches: readonly (readonly number[])[];
}

export function randomProblem(
  seed: number,
  { n = 12, d = 15, batch = 3, steps = 25 }: { n?: number; d?: number; batch?: number; steps?: number } = {},
): RandomProblem {
  const draw = random(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const scales = vector(d, () => 10 ** (draw() - 0.5));
  const X = Array.from({ length: n }, () => scales.map((scale) => scale * normal()));
  const solution = vector(d, normal);
  const y = X.map((x) => x.reduce((sum, v, j) => sum + v * solution[j]!, 0));
  const w0 = vector(d, normal);
  const rows = (): number[] => {
    const left = Array.from({ length: n }, (_, i) => i);
    return vector(Math.min(batch, n), () => left.splice(Math.floor(draw() * left.length), 1)[0]!);
  };
  return { X, y, w0, solution, batches: Array.from({ length: steps }, rows) };
}
