import { type Matrix, type Variation } from '@overparam/core';
import { block } from '../block.ts';

/** m particles in a flow's own coordinates. */
export interface Lifted {
  /** m x d */
  readonly positions: Matrix;
  /** Of each particle: the weight w_i = m a_i, or the signed radius r_i of a conic flow. */
  readonly amplitudes: Float64Array;
}

/** How a particle moves: all in which flows differ. `particleFlow` makes a flow of it. */
export interface Motion {
  readonly name: string;
  /** w_i = m a_i, the weight of a particle. */
  weight(amplitude: number): number;
  /** The inverse of `weight`. */
  amplitude(weight: number): number;
  /** The path from these particles, which stay as they are. */
  path(from: Lifted, at: Variation): Path;
  /** True where a particle of weight 0 would never change. */
  readonly multiplicative?: boolean;
}

export interface Path {
  /** Where a step tau leads to. */
  end(tau: number): Lifted;
  /**
   * |v_i|^2 in the metric of the flow, so that the energy falls at the rate 1/m sum_i |v_i|^2. With a proximal step, v_i is
   * what a step tau moves the particle by, divided by tau.
   */
  squaredSpeeds(tau: number): SquaredSpeeds;
}

export interface SquaredSpeeds {
  readonly mean: number;
  readonly largest: number;
}

/** Which coordinates move. */
export type Moves = 'both' | 'positions' | 'weights';

/** A copy, to be changed in place. */
export function copied({ positions: { rows, columns, data }, amplitudes }: Lifted): Lifted {
  const [x, w] = block(data.length, amplitudes.length);
  x.set(data);
  w.set(amplitudes);
  return { positions: { rows, columns, data: x }, amplitudes: w };
}

/** From the square of each of m particles. */
export function squaredSpeeds(m: number, square: (i: number) => number): SquaredSpeeds {
  let sum = 0;
  let largest = 0;
  for (let i = 0; i < m; i++) {
    const v = square(i);
    sum += v;
    // A NaN has to come through.
    if (!(v <= largest)) largest = v;
  }
  return { mean: sum / m, largest };
}

/** |v_i|^2 for row i. */
export function squaredNorm({ columns: d, data }: Matrix, i: number): number {
  let square = 0;
  for (let k = i * d; k < (i + 1) * d; k++) square += data[k]! * data[k]!;
  return square;
}
